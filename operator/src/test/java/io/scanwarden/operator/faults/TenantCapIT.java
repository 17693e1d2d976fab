package io.scanwarden.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A tenant that may run two Jobs: in two pools, and without any. */
@ControlPlaneTest
class TenantCapIT {
  private static final int CAP = 2;
  private static final int JOBS_OF_A_POOL = 8;
  private static final int TARGETS = 8;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Test
  void neverMoreThanTwoRunOverAllPools(ControlPlane plane) {
    String quota = "quota-of-" + plane.namespace();
    try (EventLog<Job> jobs =
            new EventLog<>(plane.admin().batch().v1().jobs().inNamespace(plane.namespace()));
        RunningOperator operator =
            RunningOperator.of(plane).withAllNamespaces().withWebhook().start().awaitLeading()) {
      plane.apply(quota(quota, plane.namespace())).orThrow();
      awaitQuota(plane, quota);
      plane.apply(pool("one") + "---\n" + pool("two") + "---\n" + schedule()).orThrow();
      plane
          .kubectl(
              "annotate",
              "scansched",
              "sweep",
              "scanwarden.io/requested-at=" + Instant.now().truncatedTo(ChronoUnit.SECONDS))
          .orThrow();
      plane.apply(adhoc("one") + "---\n" + adhoc("two")).orThrow();

      await().atMost(PATIENCE).until(() -> ended(plane) == 2 * JOBS_OF_A_POOL + TARGETS);

      assertThat(jobs.mostAtOnce(PoolCapIT::isRunning)).as("Jobs at once").isEqualTo(CAP);
      await().atMost(PATIENCE).untilAsserted(() -> assertTold(plane));
      assertThat(operator.isAlive()).isTrue();
    } finally {
      plane.kubectl("delete", "tenantquota", quota, "--ignore-not-found").orThrow();
    }
  }

  private static void awaitQuota(ControlPlane plane, String quota) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                plane
                    .kubectl("get", "tq", quota, "-o", "jsonpath={.status.namespaces[0]}")
                    .orThrow()
                    .stdout()
                    .equals(plane.namespace()));
  }

  private static long ended(ControlPlane plane) {
    return plane
        .admin()
        .batch()
        .v1()
        .jobs()
        .inNamespace(plane.namespace())
        .list()
        .getItems()
        .stream()
        .filter(PoolCapIT::hasEnded)
        .count();
  }

  /** Jobs of both pools, and the schedule, were told what they waited for. */
  private static void assertTold(ControlPlane plane) {
    List<Event> events =
        plane.admin().v1().events().inNamespace(plane.namespace()).list().getItems().stream()
            .filter(event -> "TenantAtLimit".equals(event.getReason()))
            .toList();
    assertThat(events)
        .extracting(event -> event.getInvolvedObject().getName())
        .anyMatch(name -> name.startsWith("one-"))
        .anyMatch(name -> name.startsWith("two-"))
        .contains("sweep");
    assertThat(events)
        .allMatch(event -> event.getMessage().contains("limits.runningJobs of the TenantQuota"));
  }

  private static String quota(String name, String namespace) {
    return """
        apiVersion: scanwarden.io/v1alpha1
        kind: TenantQuota
        metadata: {name: %s}
        spec:
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
          limits: {runningJobs: %d}
        """
        .formatted(name, namespace, CAP);
  }

  private static String pool(String name) {
    return """
        apiVersion: scanwarden.io/v1alpha1
        kind: WorkerPool
        metadata: {name: %s}
        spec: {maxConcurrent: 5}
        """
        .formatted(name);
  }

  private static String schedule() {
    return """
        apiVersion: scanwarden.io/v1alpha1
        kind: ScanSchedule
        metadata: {name: sweep}
        spec:
          triggers: [{at: "2099-01-01T00:00:00Z"}]
          successfulJobsHistoryLimit: 100
          targets: [%s]
          jobTemplate:
            spec:
              template:
        %s
        """
        .formatted(
            IntStream.range(0, TARGETS)
                .mapToObj(t -> "{name: t" + t + "}")
                .collect(Collectors.joining(", ")),
            podTemplate().indent(10));
  }

  private static String adhoc(String pool) {
    return IntStream.range(0, JOBS_OF_A_POOL)
        .mapToObj(
            i ->
                """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: %s-%d, labels: {scanwarden.io/pool: %s}}
                spec:
                  template:
                %s
                """
                    .formatted(pool, i, pool, podTemplate().indent(4)))
        .collect(Collectors.joining("---\n"));
  }

  private static String podTemplate() {
    return """
        metadata: {annotations: {dev.scanwarden.io/run-for: 500ms}}
        spec: {restartPolicy: Never, containers: [{name: scan, image: "scanner:1"}]}
        """;
  }
}
