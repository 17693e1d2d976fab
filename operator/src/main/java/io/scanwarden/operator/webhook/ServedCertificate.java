package io.scanwarden.operator.webhook;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that connections are served with, which may be another one for the next
 * connection. Without any, a handshake fails.
 */
final class ServedCertificate extends X509ExtendedKeyManager {
  private static final String EC = "EC";

  /** The one before is kept for handshakes that have begun with it. */
  private record Served(Credentials now, @Nullable Credentials before) {
    Optional<Credentials> named(String alias) {
      return alias.equals(alias(now))
          ? Optional.of(now)
          : Optional.ofNullable(before).filter(b -> alias.equals(alias(b)));
    }
  }

  private final AtomicReference<@Nullable Served> served = new AtomicReference<>();

  /** From the next connection on. */
  void serve(Credentials credentials) {
    served.updateAndGet(
        known ->
            known == null
                ? new Served(credentials, null)
                : alias(known.now()).equals(alias(credentials))
                    ? new Served(credentials, known.before())
                    : new Served(credentials, known.now()));
  }

  /** What is served, if anything is. */
  Optional<Credentials> current() {
    return Optional.ofNullable(served.get()).map(Served::now);
  }

  /** TLS that serves it. */
  SSLContext context() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {this}, null, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no TLS", e);
    }
  }

  private static String alias(Credentials credentials) {
    return credentials.certificate().getSerialNumber().toString(16);
  }

  private Optional<Credentials> named(@Nullable String alias) {
    return alias == null
        ? Optional.empty()
        : Optional.ofNullable(served.get()).flatMap(s -> s.named(alias));
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return EC.equals(keyType) ? current().map(ServedCertificate::alias).orElse(null) : null;
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return chooseEngineServerAlias(keyType, issuers, null);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return named(alias).map(c -> new X509Certificate[] {c.certificate()}).orElse(null);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return named(alias).map(Credentials::key).orElse(null);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    String alias = chooseEngineServerAlias(keyType, issuers, null);
    return alias == null ? null : new String[] {alias};
  }

  /** It is for servers only. */
  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return null;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return null;
  }
}
