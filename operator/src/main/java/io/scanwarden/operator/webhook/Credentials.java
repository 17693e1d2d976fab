package io.scanwarden.operator.webhook;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * What HTTPS is served with, and what renews it.
 *
 * @param authorities the certificates that clients trust, the newest first
 * @param authorityKey of the newest of them
 * @param certificate what is served, signed by one of the authorities
 * @param key of the certificate
 */
record Credentials(
    List<X509Certificate> authorities,
    PrivateKey authorityKey,
    X509Certificate certificate,
    PrivateKey key) {
  static final String SIGNATURE = "SHA256withECDSA";

  /**
   * Keeps an unmodifiable copy of the list.
   *
   * @throws IllegalArgumentException if they do not belong together
   */
  Credentials {
    authorities = List.copyOf(authorities);
    if (authorities.isEmpty()) {
      throw new IllegalArgumentException("there is no authority");
    }
    if (!arePair(authorities.getFirst().getPublicKey(), authorityKey)) {
      throw new IllegalArgumentException("the authority's key is that of another certificate");
    }
    if (!arePair(certificate.getPublicKey(), key)) {
      throw new IllegalArgumentException("the key is that of another certificate");
    }
    if (authorities.stream().noneMatch(authority -> isSignedBy(certificate, authority))) {
      throw new IllegalArgumentException("the certificate is signed by none of the authorities");
    }
  }

  /** The authority that has signed the certificate. */
  X509Certificate issuer() {
    return authorities.stream()
        .filter(authority -> isSignedBy(certificate, authority))
        .findFirst()
        .orElseThrow();
  }

  Instant end() {
    return certificate.getNotAfter().toInstant();
  }

  private static boolean isSignedBy(X509Certificate certificate, X509Certificate authority) {
    try {
      certificate.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private static boolean arePair(PublicKey known, PrivateKey secret) {
    byte[] message = {1, 2, 3};
    try {
      Signature signature = Signature.getInstance(SIGNATURE);
      signature.initSign(secret);
      signature.update(message);
      byte[] signed = signature.sign();
      signature.initVerify(known);
      signature.update(message);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /** Without the keys. */
  @Override
  public String toString() {
    return "certificate "
        + certificate.getSerialNumber().toString(16)
        + " until "
        + end()
        + ", authorities "
        + authorities.stream().map(a -> a.getSerialNumber().toString(16)).toList();
  }
}
