package io.scanwarden.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MetricsTest {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Metrics metrics = new Metrics(registry);

  @Test
  void namesFollowPrometheusConventions() {
    metrics.runStarted(Duration.ofMillis(30));
    metrics.runStarted(Duration.ofSeconds(-1));
    metrics.runFinished("Failed");
    metrics.runsNotStarted("Skipped", 3);
    metrics.reconciled("ScanSchedule", Duration.ofMillis(4));
    metrics.error("dispatch");
    metrics.gauge("schedules", "ScanSchedules known", () -> 7);

    assertThat(registry.scrape())
        .contains(
            "scanwarden_run_creation_skew_seconds_bucket{le=\"0.01\"} 1",
            "scanwarden_run_creation_skew_seconds_bucket{le=\"0.05\"} 2",
            "scanwarden_run_creation_skew_seconds_count 2",
            "scanwarden_runs_total{result=\"Failed\"} 1.0",
            "scanwarden_runs_not_started_total{reason=\"Skipped\"} 3.0",
            "scanwarden_reconcile_duration_seconds_bucket{kind=\"ScanSchedule\",le=\"0.005\"} 1",
            "scanwarden_errors_total{part=\"dispatch\"} 1.0",
            "scanwarden_schedules 7.0");
  }

  @Test
  void aLabelHasABoundedNumberOfValues() {
    for (int i = 0; i < 1000; i++) {
      metrics.error("part-" + i);
    }

    assertThat(registry.scrape().lines().filter(l -> l.startsWith("scanwarden_errors_total{")))
        .hasSize(Metrics.MAX_VALUES + 1);
    assertThat(registry.scrape()).contains("scanwarden_errors_total{part=\"Other\"} 950.0");
  }

  @ParameterizedTest
  @CsvSource({
    "/api/v1/namespaces/a/configmaps, configmaps",
    "/api/v1/namespaces/a/configmaps/b, configmaps",
    "/api/v1/namespaces/a/pods/b/eviction, pods/eviction",
    "/api/v1/namespaces, namespaces",
    "/api/v1/namespaces/a, namespaces",
    "/apis/batch/v1/jobs, jobs",
    "/apis/scanwarden.io/v1alpha1/namespaces/a/scanschedules/b/status, scanschedules/status",
    "/apis/scanwarden.io/v1alpha1/tenantquotas/b/status, tenantquotas/status",
    "/version, other",
    "/apis, other",
    "/apis/batch/v1, other",
  })
  void aPathNamesItsResource(String path, String resource) {
    assertThat(ApiMetrics.resource(URI.create("https://example.com" + path))).isEqualTo(resource);
  }

  @Test
  void readsAndDryRunsAreNoWrites() {
    ApiMetrics api = new ApiMetrics(metrics);
    api.request("GET", URI.create("https://x/apis/batch/v1/jobs"), 200, Duration.ofMillis(1));
    api.request(
        "POST",
        URI.create("https://x/apis/batch/v1/namespaces/a/jobs?dryRun=All"),
        201,
        Duration.ofMillis(1));
    api.request(
        "DELETE",
        URI.create("https://x/apis/batch/v1/namespaces/a/jobs/b"),
        404,
        Duration.ofMillis(1));

    assertThat(registry.scrape().lines().filter(l -> l.startsWith("scanwarden_api_writes_total{")))
        .containsExactly(
            "scanwarden_api_writes_total{code=\"4xx\",resource=\"jobs\",verb=\"delete\"} 1.0");
    assertThat(registry.scrape())
        .contains(
            "scanwarden_api_request_duration_seconds_count{code=\"2xx\",verb=\"get\"} 1",
            "verb=\"dry-run\"");
  }
}
