package io.scanwarden.operator.observe;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /livez}, {@code /readyz} and {@code /metrics}. With {@code ?verbose} the first two list
 * their checks in the form of the Kubernetes API server, as they always do when one of them fails.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpServer.class);
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

  private final HealthChecks live = new HealthChecks();
  private final HealthChecks ready = new HealthChecks();
  private final WebServer server;

  /**
   * Prepares the server.
   *
   * @param address to listen on; {@code 0.0.0.0} is all of them
   * @param port 0 for any that is free
   * @param more further routes
   */
  public HttpServer(
      String address,
      int port,
      PrometheusMeterRegistry metrics,
      Consumer<HttpRouting.Builder> more) {
    live.add("ping", () -> HealthChecks.Health.OK);
    ready.add("ping", () -> HealthChecks.Health.OK);
    HttpRouting.Builder routes =
        HttpRouting.builder()
            .get("/livez", (request, response) -> answer("livez", live, request, response))
            .get("/readyz", (request, response) -> answer("readyz", ready, request, response))
            .get(
                "/metrics",
                (request, response) ->
                    response
                        .header(HeaderNames.CONTENT_TYPE, PROMETHEUS_TEXT)
                        .send(metrics.scrape()));
    more.accept(routes);
    this.server =
        WebServer.builder()
            .host(address)
            .port(port)
            .shutdownHook(false)
            .shutdownGracePeriod(Duration.ofMillis(200))
            .routing(routes)
            .build();
  }

  /** Where rooms add what must hold lest the process be restarted. */
  public HealthChecks live() {
    return live;
  }

  /** Where rooms add what must hold before the process counts as ready. */
  public HealthChecks ready() {
    return ready;
  }

  /**
   * Starts to listen and says on which port.
   *
   * @throws RuntimeException when the port is taken
   */
  public int start() {
    server.start();
    log.info("HTTP server listening on port {}", server.port());
    return server.port();
  }

  @Override
  public void close() {
    server.stop();
  }

  private static void answer(
      String path, HealthChecks checks, ServerRequest request, ServerResponse response) {
    List<HealthChecks.Finding> findings = checks.look();
    boolean healthy = findings.stream().allMatch(f -> f.health().healthy());
    response.status(healthy ? 200 : 500).header(HeaderNames.CONTENT_TYPE, PLAIN_TEXT);
    if (healthy && !request.query().contains("verbose")) {
      response.send("ok");
      return;
    }
    StringBuilder text = new StringBuilder();
    for (HealthChecks.Finding f : findings) {
      text.append(
              f.health().healthy()
                  ? "[+]" + f.name() + " ok"
                  : "[-]" + f.name() + " failed: " + f.health().detail())
          .append('\n');
    }
    response.send(
        text.append(path).append(healthy ? " check passed\n" : " check failed\n").toString());
  }
}
