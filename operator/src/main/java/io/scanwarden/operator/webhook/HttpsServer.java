package io.scanwarden.operator.webhook;

import io.helidon.common.tls.Tls;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What others ask over HTTPS: webhooks, and whatever routes it is given besides. */
final class HttpsServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpsServer.class);

  /** Twice what the API server sends at most: an object and the one before, 3 MiB each. */
  private static final long LONGEST_REQUEST = 12L << 20;

  private final WebServer server;

  /**
   * Prepares the server.
   *
   * @param port 0 for any that is free
   */
  HttpsServer(
      String address, int port, SSLContext tls, List<Consumer<HttpRouting.Builder>> routes) {
    HttpRouting.Builder all = HttpRouting.builder();
    routes.forEach(each -> each.accept(all));
    server =
        WebServer.builder()
            .host(address)
            .port(port)
            .shutdownHook(false)
            .shutdownGracePeriod(Duration.ofMillis(200))
            .maxPayloadSize(LONGEST_REQUEST)
            // With it, each connection would wait for the DNS to name the caller.
            .useNio(false)
            .tls(Tls.builder().sslContext(tls).build())
            .routing(all)
            .build();
  }

  /**
   * Starts to listen and says on which port.
   *
   * @throws RuntimeException when the port is taken
   */
  int start() {
    server.start();
    log.info("HTTPS server listening on port {}", server.port());
    return server.port();
  }

  int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.stop();
  }
}
