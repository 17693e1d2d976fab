package io.scanwarden.operator.webhook;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.IPAddress;

/** Makes keys and certificates: elliptic curve P-256, X.509 version 3. */
final class Issuer {
  /** Clocks of API servers may be behind. */
  static final Duration BACKDATED = Duration.ofHours(1);

  private static final int SERIAL_BITS = 120;

  private final SecureRandom random = new SecureRandom();

  /** A certificate with its key. */
  record Pair(X509Certificate certificate, PrivateKey key) {
    /** Without the key. */
    @Override
    public String toString() {
      return "certificate " + certificate.getSerialNumber().toString(16);
    }
  }

  /** An authority that signs servers' certificates, and nothing else. */
  Pair authority(Instant now, Duration life) {
    try {
      KeyPair keys = keys();
      X500Name name = name("Scanwarden CA");
      X509v3CertificateBuilder builder = builder(name, name, keys.getPublic(), now, now.plus(life));
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(0))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign))
          .addExtension(Extension.subjectKeyIdentifier, false, identifier(keys.getPublic()));
      return new Pair(sign(builder, keys.getPrivate()), keys.getPrivate());
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("no certificate of an authority could be made", e);
    }
  }

  /**
   * A certificate for a server.
   *
   * @param serverName a DNS name or an IP address
   */
  Pair server(Pair authority, String serverName, Instant now, Duration life) {
    try {
      KeyPair keys = keys();
      X509v3CertificateBuilder builder =
          builder(
              new JcaX509CertificateHolder(authority.certificate()).getSubject(),
              name("Scanwarden"),
              keys.getPublic(),
              now,
              now.plus(life));
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
          .addExtension(Extension.subjectAlternativeName, false, alternatives(serverName))
          .addExtension(Extension.subjectKeyIdentifier, false, identifier(keys.getPublic()))
          .addExtension(
              Extension.authorityKeyIdentifier,
              false,
              new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(authority.certificate()));
      return new Pair(sign(builder, authority.key()), keys.getPrivate());
    } catch (GeneralSecurityException | CertIOException | OperatorCreationException e) {
      throw new IllegalStateException("no certificate of a server could be made", e);
    }
  }

  /** Whether a certificate is for a server of that name, and for no other. */
  static boolean isFor(X509Certificate certificate, String serverName) {
    try {
      Extensions extensions = new JcaX509CertificateHolder(certificate).getExtensions();
      return extensions != null
          && alternatives(serverName)
              .equals(GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName));
    } catch (CertificateEncodingException e) {
      return false;
    }
  }

  private KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }

  private X509v3CertificateBuilder builder(
      X500Name issuer, X500Name subject, PublicKey key, Instant now, Instant end) {
    return new JcaX509v3CertificateBuilder(
        issuer,
        new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS),
        Date.from(now.minus(BACKDATED)),
        Date.from(end),
        subject,
        key);
  }

  private static X500Name name(String commonName) {
    return new X500NameBuilder(BCStyle.INSTANCE).addRDN(BCStyle.CN, commonName).build();
  }

  private static GeneralNames alternatives(String serverName) {
    int kind = IPAddress.isValid(serverName) ? GeneralName.iPAddress : GeneralName.dNSName;
    return new GeneralNames(new GeneralName(kind, serverName));
  }

  private static SubjectKeyIdentifier identifier(PublicKey key) throws GeneralSecurityException {
    return new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key);
  }

  private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(new JcaContentSignerBuilder(Credentials.SIGNATURE).build(key)));
  }
}
