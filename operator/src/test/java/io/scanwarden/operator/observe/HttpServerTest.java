package io.scanwarden.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.scanwarden.operator.time.TestWorkClock;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpServerTest {
  private final TestWorkClock clock = new TestWorkClock(Instant.parse("2026-10-25T01:00:00Z"), 0);
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpServer server =
      new HttpServer("127.0.0.1", 0, registry, new TestClockEndpoint(clock));
  private final HttpClient http = HttpClient.newHttpClient();
  private int port;

  @BeforeEach
  void start() {
    port = server.start();
  }

  @AfterEach
  void stop() {
    http.close();
    server.close();
  }

  @Test
  void healthyIsOkAndVerboseListsTheChecks() throws Exception {
    server.live().add("election", () -> HealthChecks.Health.OK);

    assertThat(get("/livez").body()).isEqualTo("ok");
    assertThat(get("/livez?verbose").body())
        .isEqualTo("[+]ping ok\n[+]election ok\nlivez check passed\n");
    assertThat(get("/readyz").body()).isEqualTo("ok");
  }

  @Test
  void unhealthyIs500AndSaysWhy() throws Exception {
    server.ready().add("schedules", () -> HealthChecks.Health.unhealthy("caches are being filled"));
    server
        .ready()
        .add(
            "broken",
            () -> {
              throw new IllegalStateException("oops");
            });

    HttpResponse<String> answer = get("/readyz");

    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body())
        .isEqualTo(
            """
            [+]ping ok
            [-]schedules failed: caches are being filled
            [-]broken failed: the check itself failed: java.lang.IllegalStateException: oops
            readyz check failed
            """);
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void metricsAreInPrometheusText() throws Exception {
    new Metrics(registry).runFinished("Succeeded");

    HttpResponse<String> answer = get("/metrics");

    assertThat(answer.headers().firstValue("content-type"))
        .hasValueSatisfying(t -> assertThat(t).startsWith("text/plain"));
    assertThat(answer.body()).contains("scanwarden_runs_total{result=\"Succeeded\"} 1.0");
  }

  @Test
  void theTestClockIsReadAndSet() throws Exception {
    assertThat(get("/test/clock").body())
        .isEqualTo("{\"now\":\"2026-10-25T01:00:00Z\",\"rate\":0.0}");

    assertThat(put("{\"now\":\"2027-01-01T00:00:00Z\"}").body())
        .isEqualTo("{\"now\":\"2027-01-01T00:00:00Z\",\"rate\":0.0}");
    assertThat(clock.instant()).isEqualTo(Instant.parse("2027-01-01T00:00:00Z"));

    assertThat(put("{\"rate\":60}").statusCode()).isEqualTo(200);
    assertThat(clock.rate()).isEqualTo(60);
  }

  @Test
  void aBadSettingIsRefused() throws Exception {
    for (String bad :
        new String[] {
          "", "{", "[]x", "{\"now\":\"soon\"}", "{\"rate\":-1}", "{\"rate\":\"fast\"}"
        }) {
      assertThat(put(bad).statusCode()).as(bad).isEqualTo(400);
    }
    assertThat(clock.rate()).isZero();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> put(String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri("/test/clock"))
            .PUT(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }
}
