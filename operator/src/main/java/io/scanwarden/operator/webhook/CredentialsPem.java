package io.scanwarden.operator.webhook;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;

/** Credentials as the data of a Secret: PEM, under the names that a TLS Secret has. */
final class CredentialsPem {
  static final String CERTIFICATE = "tls.crt";
  static final String KEY = "tls.key";
  static final String AUTHORITIES = "ca.crt";
  static final String AUTHORITY_KEY = "ca.key";

  /** The Secret's content is of no use; the message says why, and nothing of the content. */
  static final class Corrupt extends Exception {
    private static final long serialVersionUID = 1L;

    Corrupt(String message) {
      super(message);
    }
  }

  private CredentialsPem() {}

  /** The data of the Secret. */
  static Map<String, String> write(Credentials credentials) {
    Map<String, String> data = new LinkedHashMap<>();
    data.put(CERTIFICATE, base64(pem(credentials.certificate())));
    data.put(KEY, base64(pem(credentials.key())));
    data.put(AUTHORITIES, base64(authorities(credentials)));
    data.put(AUTHORITY_KEY, base64(pem(credentials.authorityKey())));
    return data;
  }

  /** The certificates that clients trust, as a file. */
  static String authorities(Credentials credentials) {
    StringBuilder all = new StringBuilder();
    credentials.authorities().forEach(authority -> all.append(pem(authority)));
    return all.toString();
  }

  /**
   * Reads the data of the Secret.
   *
   * @throws Corrupt if something is missing, cannot be read, or does not belong to the rest
   */
  static Credentials read(Map<String, String> data) throws Corrupt {
    List<X509Certificate> certificates = certificates(data, CERTIFICATE);
    List<X509Certificate> authorities = certificates(data, AUTHORITIES);
    PrivateKey key = key(data, KEY);
    PrivateKey authorityKey = key(data, AUTHORITY_KEY);
    try {
      return new Credentials(authorities, authorityKey, certificates.getFirst(), key);
    } catch (IllegalArgumentException e) {
      throw new Corrupt(String.valueOf(e.getMessage()));
    }
  }

  private static String pem(X509Certificate certificate) {
    return written(certificate);
  }

  /** In PKCS #8, which everything reads. */
  private static String pem(PrivateKey key) {
    try {
      return written(new JcaPKCS8Generator(key, null));
    } catch (IOException e) {
      throw new IllegalStateException("a key of our own cannot be written", e);
    }
  }

  private static String written(Object object) {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
      pem.writeObject(object);
    } catch (IOException e) {
      throw new IllegalStateException("what we have made cannot be written", e);
    }
    return text.toString();
  }

  private static List<X509Certificate> certificates(Map<String, String> data, String field)
      throws Corrupt {
    List<X509Certificate> certificates = new ArrayList<>();
    for (Object object : objects(data, field)) {
      if (!(object instanceof X509CertificateHolder holder)) {
        throw new Corrupt(field + " has something else than certificates");
      }
      try {
        certificates.add(new JcaX509CertificateConverter().getCertificate(holder));
      } catch (CertificateException e) {
        throw new Corrupt(field + " has a certificate that cannot be read");
      }
    }
    return certificates;
  }

  private static PrivateKey key(Map<String, String> data, String field) throws Corrupt {
    if (!(objects(data, field).getFirst() instanceof PrivateKeyInfo info)) {
      throw new Corrupt(field + " has no private key in PKCS #8");
    }
    try {
      return new JcaPEMKeyConverter().getPrivateKey(info);
    } catch (IOException e) {
      throw new Corrupt(field + " has a private key that cannot be read");
    }
  }

  /** At least one. What the parser says of a failure may quote the content. */
  private static List<Object> objects(Map<String, String> data, String field) throws Corrupt {
    String value = data.getOrDefault(field, "");
    if (value.isEmpty()) {
      throw new Corrupt(field + " is missing");
    }
    List<Object> objects = new ArrayList<>();
    try (PEMParser parser = new PEMParser(new StringReader(text(value)))) {
      for (Object next = parser.readObject(); next != null; next = parser.readObject()) {
        objects.add(next);
      }
    } catch (IOException | RuntimeException e) {
      throw new Corrupt(field + " is no PEM");
    }
    if (objects.isEmpty()) {
      throw new Corrupt(field + " is no PEM");
    }
    return objects;
  }

  private static String text(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
