package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpsServerTest {
  private final ServedCertificate served = new ServedCertificate();
  private final HttpsServer server =
      new HttpsServer(
          "127.0.0.1",
          0,
          served.context(),
          List.of(
              routes -> routes.get("/api/v1/hello", (request, response) -> response.send("hello")),
              routes ->
                  routes.post(
                      "/length",
                      (request, response) ->
                          response.send(
                              Integer.toString(request.content().as(byte[].class).length)))));
  private final int port = server.start();

  @AfterEach
  void close() {
    server.close();
  }

  private static Credentials made() {
    return new Renewal(new Issuer(), "127.0.0.1").anew("", Instant.now()).credentials();
  }

  /** On a connection of its own. */
  private HttpResponse<String> send(Credentials trusted, String path, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting(trusted)).build()) {
      return client.send(
          request.uri(URI.create("https://127.0.0.1:" + port + path)).build(),
          BodyHandlers.ofString());
    }
  }

  private static SSLContext trusting(Credentials credentials) {
    try {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (X509Certificate authority : credentials.authorities()) {
        trusted.setCertificateEntry(authority.getSerialNumber().toString(), authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static X509Certificate certificate(HttpResponse<?> response) throws IOException {
    return (X509Certificate) response.sslSession().orElseThrow().getPeerCertificates()[0];
  }

  @Test
  void eachConnectionHasTheCertificateOfNow() throws Exception {
    Credentials first = made();
    Credentials second = made();

    served.serve(first);
    HttpResponse<String> answer = send(first, "/api/v1/hello", HttpRequest.newBuilder());
    assertThat(answer.body()).isEqualTo("hello");
    assertThat(certificate(answer)).isEqualTo(first.certificate());

    served.serve(second);
    assertThat(certificate(send(second, "/api/v1/hello", HttpRequest.newBuilder())))
        .isEqualTo(second.certificate());
    assertThatThrownBy(() -> send(first, "/api/v1/hello", HttpRequest.newBuilder()))
        .isInstanceOf(SSLHandshakeException.class);
  }

  @Test
  void aHandshakeThatHasBegunEndsWithItsCertificate() {
    Credentials first = made();
    served.serve(first);
    String alias = Objects.requireNonNull(served.chooseEngineServerAlias("EC", null, null));

    served.serve(made());

    assertThat(served.getPrivateKey(alias)).isEqualTo(first.key());
    assertThat(served.getCertificateChain(alias)).containsExactly(first.certificate());
    served.serve(made());
    assertThat(served.getPrivateKey(alias)).isNull();
  }

  @Test
  void withoutACertificateNothingIsServed() {
    assertThatThrownBy(() -> send(made(), "/api/v1/hello", HttpRequest.newBuilder()))
        .isInstanceOf(IOException.class);
    assertThat(served.current()).isEmpty();
  }

  @Test
  void aReviewOfTwoLargeObjectsIsReadAndMoreIsNot() throws Exception {
    Credentials credentials = made();
    served.serve(credentials);

    assertThat(
            send(
                    credentials,
                    "/length",
                    HttpRequest.newBuilder().POST(BodyPublishers.ofByteArray(new byte[7_000_000])))
                .body())
        .isEqualTo("7000000");
    assertThat(
            send(
                    credentials,
                    "/length",
                    HttpRequest.newBuilder()
                        .POST(BodyPublishers.ofByteArray(new byte[13_000_000]))
                        .expectContinue(true))
                .statusCode())
        .isEqualTo(413);
  }
}
