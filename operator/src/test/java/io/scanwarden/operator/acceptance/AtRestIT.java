package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Nothing due, nothing written, but the Lease. */
@ControlPlaneTest
class AtRestIT {
  private static final int SCHEDULES = 20;

  @Test
  void schedulesAtRestCauseNoWrite(ControlPlane plane) {
    Instant start = Instant.now();
    try (RunningOperator operator =
        RunningOperator.of(plane)
            .withTestClock(start, 1)
            .withLease(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofMillis(500))
            .start()
            .awaitLeading()) {
      Schedules schedules = new Schedules(plane);
      Instant soon = start.plusSeconds(3600);
      for (int i = 0; i < SCHEDULES; i++) {
        String name = "rest-" + i;
        // Some have runs behind them: those that succeed, fail, and whose Job is cleaned up.
        String spec =
            i % 4 == 0
                ? "schedule: '@yearly'\nfailedJobsHistoryLimit: 0\ntriggers: [{at: '" + soon + "'}]"
                : i % 4 == 1
                    ? "schedule: '@yearly'\nsuspend: true"
                    : i % 4 == 2 ? limited(start) : "schedule: '@yearly'";
        schedules.create(manifest(name, spec, "0s", i % 8 == 0 ? "1" : "0", "0s"));
      }
      for (int i = 0; i < SCHEDULES; i++) {
        schedules.awaitReady("rest-" + i);
      }
      operator.setClock(soon, 1);
      for (int i = 0; i < SCHEDULES; i += 4) {
        schedules.awaitStatus(
            "rest-" + i, s -> assertThat(s.path("lastResult").asText()).isNotEmpty());
        schedules.awaitJobs("rest-" + i, i % 8 == 0 ? 0 : 1);
      }
      // What follows the last change, such as its Event, ends soon.
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                double before = writes(operator);
                awaitRenewals(plane, 3);
                return writes(operator) == before;
              });

      // A minute a second: what looks again after a while does so now.
      operator.setClock(operator.clock(), 60);
      double writes = writes(operator);
      Map<String, String> versions = versions(plane);
      assertThat(versions).hasSizeGreaterThan(SCHEDULES);
      awaitRenewals(plane, 12);

      assertThat(writes(operator)).isEqualTo(writes);
      assertThat(versions(plane)).isEqualTo(versions);
      assertThat(operator.metric("scanwarden_reports_waiting")).isZero();
    }
  }

  /** With limits of every kind. */
  private static String limited(Instant start) {
    return """
        schedule: '@yearly'
        notBefore: "%s"
        notAfter: "%s"
        exclusions: [{from: "%s", to: "%s"}]
        concurrencyPolicy: Queue
        queueTimeout: 1m
        stuckAfter: 1m
        """
        .formatted(
            start.plus(Duration.ofDays(1)),
            start.plus(Duration.ofDays(2000)),
            start.plus(Duration.ofDays(2)),
            start.plus(Duration.ofDays(400)));
  }

  private static double writes(RunningOperator operator) {
    return operator.metric("scanwarden_api_writes_total");
  }

  /** What an operator writes, each object with its version. */
  private static Map<String, String> versions(ControlPlane plane) {
    Map<String, String> versions = new TreeMap<>();
    plane
        .admin()
        .genericKubernetesResources("scanwarden.io/v1alpha1", "ScanSchedule")
        .inNamespace(plane.namespace())
        .list()
        .getItems()
        .forEach(o -> put(versions, o));
    plane
        .admin()
        .batch()
        .v1()
        .jobs()
        .inNamespace(plane.namespace())
        .list()
        .getItems()
        .forEach(o -> put(versions, o));
    plane.admin().events().v1().events().inNamespace(plane.namespace()).list().getItems().stream()
        .filter(event -> "ScanSchedule".equals(event.getRegarding().getKind()))
        .forEach(o -> put(versions, o));
    return versions;
  }

  private static void put(Map<String, String> versions, HasMetadata object) {
    versions.put(
        object.getKind() + "/" + object.getMetadata().getName(),
        object.getMetadata().getResourceVersion());
  }

  private static void awaitRenewals(ControlPlane plane, int count) {
    for (int i = 0; i < count; i++) {
      String before = renewed(plane);
      await()
          .pollInterval(Duration.ofMillis(100))
          .atMost(Duration.ofSeconds(10))
          .until(() -> !renewed(plane).equals(before));
    }
  }

  private static String renewed(ControlPlane plane) {
    return plane
        .admin()
        .leases()
        .inNamespace(plane.namespace())
        .withName("scanwarden")
        .require()
        .getSpec()
        .getRenewTime()
        .toString();
  }
}
