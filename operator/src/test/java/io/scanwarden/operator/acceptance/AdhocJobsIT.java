package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Jobs of anybody in pools, as the webhook leaves them: suspended and queued. */
@ControlPlaneTest
class AdhocJobsIT {

  private static String pool(String name, String spec) {
    return """
        apiVersion: scanwarden.io/v1alpha1
        kind: WorkerPool
        metadata: {name: %s}
        spec: {%s}
        """
        .formatted(name, spec);
  }

  private static String queued(String name, String pool, String terminateFor) {
    return job(name, pool, ", scanwarden.io/queued: \"true\"", "suspend: true", terminateFor);
  }

  private static String job(
      String name, String pool, String labels, String spec, String terminateFor) {
    return """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: %s, labels: {scanwarden.io/pool: %s%s}, annotations: {example.com/of: us}}
        spec:
          %s
          backoffLimit: 0
          template:
            metadata:
              labels: {scanwarden.io/pool: %s}
              annotations: {dev.scanwarden.io/run-for: 2s, dev.scanwarden.io/terminate-for: %s}
            spec: {restartPolicy: Never, containers: [{name: scan, image: "scanner:1"}]}
        """
        .formatted(name, pool, labels, spec, pool, terminateFor);
  }

  private static Job get(ControlPlane plane, String name) {
    return plane
        .admin()
        .batch()
        .v1()
        .jobs()
        .inNamespace(plane.namespace())
        .withName(name)
        .require();
  }

  private static boolean isStarted(ControlPlane plane, String name) {
    return !Boolean.TRUE.equals(get(plane, name).getSpec().getSuspend());
  }

  private static void awaitComplete(ControlPlane plane, String... names) {
    for (String name : names) {
      plane.kubectl("wait", "--for=condition=Complete", "job/" + name, "--timeout=60s").orThrow();
    }
  }

  private static void awaitEvent(ControlPlane plane, String job, String text) {
    await()
        .atMost(Schedules.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(plane.kubectl("describe", "job", job).orThrow().stdout())
                    .contains(text));
  }

  private static String field(ControlPlane plane, String pool, String field) {
    return plane
        .kubectl("get", "wp", pool, "-o", "jsonpath={.status." + field + "}")
        .orThrow()
        .stdout();
  }

  @Test
  void oneAfterTheOtherOverAKill(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    plane.apply(pool("small", "maxConcurrent: 2")).orThrow();
    // Of one second, so that the names decide.
    List<String> names = IntStream.range(0, 8).mapToObj(i -> "scan-" + i).toList();
    for (String name : names) {
      plane.apply(queued(name, "small", "0s")).orThrow();
    }
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      await().atMost(Schedules.PATIENCE).until(() -> field(plane, "small", "running").equals("2"));
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(() -> assertThat(field(plane, "small", "queued")).isEqualTo("6"));
      awaitEvent(plane, "scan-7", "PoolAtCapacity");
      operator.kill();
    }
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      awaitComplete(plane, names.toArray(String[]::new));
      await().atMost(Schedules.PATIENCE).until(() -> field(plane, "small", "running").equals("0"));
    }
    List<Job> started =
        names.stream()
            .map(name -> get(plane, name))
            .sorted(Comparator.comparing(Schedules::admittedAt))
            .toList();
    // Those that are started at one time differ by little.
    assertThat(started.subList(0, 2)).extracting(AdhocJobsIT::name).contains("scan-0", "scan-1");
    assertThat(started.getLast().getMetadata().getName()).isIn("scan-6", "scan-7");
    assertThat(started)
        .allSatisfy(
            job -> {
              assertThat(job.getMetadata().getLabels()).doesNotContainKey("scanwarden.io/queued");
              assertThat(job.getMetadata().getAnnotations())
                  .containsKeys("example.com/of", "scanwarden.io/term");
            });
  }

  @Test
  void startIntervalHoldsOverAKill(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    plane.apply(pool("slow", "startInterval: 3s")).orThrow();
    List<String> names = List.of("a", "b", "c", "d");
    for (String name : names) {
      plane.apply(queued(name, "slow", "0s")).orThrow();
    }
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      await().atMost(Schedules.PATIENCE).until(() -> isStarted(plane, "b"));
      awaitEvent(plane, "d", "StartInterval");
      operator.kill();
    }
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      awaitComplete(plane, names.toArray(String[]::new));
    }
    List<Instant> starts =
        names.stream().map(name -> Schedules.admittedAt(get(plane, name))).toList();
    for (int i = 1; i < starts.size(); i++) {
      assertThat(starts.get(i)).isAfterOrEqualTo(starts.get(i - 1).plusSeconds(3));
    }
  }

  private static String name(Job job) {
    return job.getMetadata().getName();
  }

  @Test
  void aDeletedJobHoldsItsSlotUntilItsPodsAreGone(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    plane.apply(pool("one", "maxConcurrent: 1")).orThrow();
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      plane.apply(queued("first", "one", "6s").replace("run-for: 2s", "run-for: 10m")).orThrow();
      await()
          .atMost(Schedules.PATIENCE)
          .until(() -> Integer.valueOf(1).equals(get(plane, "first").getStatus().getActive()));
      plane.apply(queued("second", "one", "0s")).orThrow();
      plane.kubectl("delete", "job", "first", "--cascade=background").orThrow();
      String pods =
          plane.kubectl("get", "pods", "-l", "job-name=first", "-o", "name").orThrow().stdout();
      assertThat(pods).isNotEmpty();
      assertThat(isStarted(plane, "second")).isFalse();
      await().atMost(Schedules.PATIENCE).until(() -> field(plane, "one", "running").equals("1"));

      awaitComplete(plane, "second");

      assertThat(plane.kubectl("get", "pods", "-l", "job-name=first", "-o", "name").stdout())
          .isEmpty();
    }
  }

  @Test
  void whatDidNotWaitIsToldAndCounted(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    plane.apply(pool("one", "maxConcurrent: 1")).orThrow();
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      String rogue = job("rogue", "one", "", "parallelism: 2", "0s");
      plane.apply(rogue.replace("run-for: 2s", "run-for: 8s")).orThrow();
      awaitEvent(plane, "rogue", "NotGated");
      await().atMost(Schedules.PATIENCE).until(() -> field(plane, "one", "running").equals("2"));
      plane.apply(queued("next", "one", "0s")).orThrow();
      plane.apply(queued("lost", "nowhere", "0s")).orThrow();
      plane
          .apply(
              queued("wide", "one", "0s")
                  .replace("suspend: true", "suspend: true\n  parallelism: 3"))
          .orThrow();

      awaitEvent(plane, "next", "PoolAtCapacity");
      awaitEvent(plane, "lost", "PoolNotFound");
      awaitEvent(plane, "wide", "JobTooLarge");
      awaitComplete(plane, "rogue", "next");
      plane.apply(pool("nowhere", "maxConcurrent: 1")).orThrow();
      awaitComplete(plane, "lost");
      assertThat(isStarted(plane, "wide")).isFalse();
    }
  }

  @Test
  void thePoolsRulesAreTold(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    plane.apply(pool("tenants", "maxConcurrentPerTenant: 1")).orThrow();
    plane.apply(pool("paused", "suspend: true")).orThrow();
    plane
        .apply(
            pool(
                "chosen",
                "allowedNamespaces: {from: Selector, selector: {matchLabels: {none: has}}}"))
        .orThrow();
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      plane.apply(queued("first", "tenants", "0s").replace("for: 2s", "for: 10s")).orThrow();
      await().atMost(Schedules.PATIENCE).until(() -> isStarted(plane, "first"));
      plane.apply(queued("second", "tenants", "0s")).orThrow();
      plane.apply(queued("patient", "paused", "0s")).orThrow();
      plane.apply(queued("stranger", "chosen", "0s")).orThrow();

      awaitEvent(plane, "second", "TenantAtLimit");
      awaitEvent(plane, "patient", "PoolSuspended");
      awaitEvent(plane, "stranger", "PoolNotAllowed");
      plane
          .kubectl("patch", "wp", "paused", "--type=merge", "-p", "{\"spec\":{\"suspend\":false}}")
          .orThrow();
      awaitComplete(plane, "first", "second", "patient");
      assertThat(isStarted(plane, "stranger")).isFalse();
    }
  }

  @Test
  void aJobThatItsScheduleLeftBehindHoldsItsSlot(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    Schedules schedules = new Schedules(plane);
    plane.apply(pool("one", "maxConcurrent: 1")).orThrow();
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      schedules.createReady(
          "left", Schedules.manifest("left", "poolRef: {name: one}\n" + Schedules.NEVER, "10s"));
      schedules.request("left");
      await().atMost(Schedules.PATIENCE).until(() -> schedules.jobs("left").size() == 1);
      String left = name(schedules.jobs("left").getFirst());
      plane.kubectl("delete", "scansched", "left", "--cascade=orphan").orThrow();
      plane.apply(queued("next", "one", "0s")).orThrow();

      awaitEvent(plane, "next", "PoolAtCapacity");
      assertThat(Schedules.isFinished(get(plane, left))).isFalse();
      assertThat(isStarted(plane, "next")).isFalse();

      awaitComplete(plane, left, "next");
      Instant ended = Instant.parse(get(plane, left).getStatus().getCompletionTime());
      assertThat(Schedules.admittedAt(get(plane, "next"))).isAfterOrEqualTo(ended);
    }
  }
}
