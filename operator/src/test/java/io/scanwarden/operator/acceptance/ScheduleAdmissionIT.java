package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.Output;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What the schema cannot say of a ScanSchedule is said when it is applied. */
@ControlPlaneTest
@NullUnmarked
class ScheduleAdmissionIT {
  private static final String REQUESTS = "scanwarden_webhook_request_duration_seconds_count";
  private static final String SCHEDULES = "path=\"/admission/schedules\"";
  private static final String QUOTA = "path=\"/admission/quota\"";

  private static RunningOperator start(ControlPlane plane) {
    return RunningOperator.of(plane)
        .withLease(Duration.ofSeconds(6), Duration.ofSeconds(4), Duration.ofMillis(500))
        .withWebhook()
        .start();
  }

  private static Output create(ControlPlane plane, String manifest, String... more) {
    return kubectl(plane, manifest, Stream.concat(Stream.of("create"), Stream.of(more)));
  }

  private static Output apply(ControlPlane plane, String manifest) {
    return kubectl(plane, manifest, Stream.of("apply"));
  }

  private static Output kubectl(ControlPlane plane, String manifest, Stream<String> arguments) {
    return plane.kubectlWithInput(
        manifest, Stream.concat(arguments, Stream.of("-f", "-")).toArray(String[]::new));
  }

  private static String schedule(String name, String spec) {
    return Schedules.manifest(name, spec, "1s");
  }

  private static String job(String metadata) {
    return """
        apiVersion: batch/v1
        kind: Job
        metadata: {%s}
        spec: {template: {spec: {restartPolicy: Never, containers: [{name: scan, image: scanner}]}}}
        """
        .formatted(metadata);
  }

  @Test
  void whatIsInvalidIsRefusedAndWhatIsOddIsWarnedAbout(ControlPlane plane) {
    try (RunningOperator operator = start(plane).awaitLeading()) {
      Output cron = create(plane, schedule("scan", "schedule: 61 3 * * *"));
      assertThat(cron.exitCode()).isNotZero();
      assertThat(cron.stderr())
          .contains(
              "The ScanSchedule \"scan\" is invalid: spec.schedule: Invalid value: \"61 3 * * *\"");
      assertThat(create(plane, schedule("scan", "schedule: 0 0 30 2 *")).stderr())
          .contains("spec.schedule: Invalid value: \"0 0 30 2 *\"");
      assertThat(
              create(
                      plane,
                      schedule("scan", "schedule: 0 3 * * *\ntimeZone: Europe/Berlim"),
                      "--dry-run=server")
                  .stderr())
          .contains(
              "spec.timeZone: Invalid value: \"Europe/Berlim\"", "did you mean Europe/Berlin");

      Output odd = create(plane, schedule("scan", "schedule: 0 * * * *\ntimeout: 2h")).orThrow();
      assertThat(odd.stderr())
          .contains("Warning: spec.timeout: 2h is longer than the shortest interval, 1h");

      Output edit = apply(plane, schedule("scan", "schedule: 0 25 * * *"));
      assertThat(edit.exitCode()).isNotZero();
      assertThat(edit.stderr()).contains("spec.schedule", "\"0 25 * * *\"");
      assertThat(operator.metric(REQUESTS, SCHEDULES, "result=\"InvalidSpec\"")).isGreaterThan(3);
    }
  }

  @Test
  void whatWasInvalidBeforeCanStillBeChangedAndDeleted(ControlPlane plane) {
    RunningOperator.install(plane);
    create(plane, schedule("old", "schedule: 61 3 * * *")).orThrow();
    try (RunningOperator operator = start(plane).awaitLeading()) {
      Output suspended =
          plane
              .kubectl(
                  "patch",
                  "scansched",
                  "old",
                  "--type=merge",
                  "-p",
                  "{\"spec\":{\"suspend\":true}}")
              .orThrow();
      assertThat(suspended.stderr()).contains("Warning: spec.schedule is as invalid as before");
      plane.kubectl("label", "scansched", "old", "a=b").orThrow();

      assertThat(
              plane
                  .kubectl(
                      "patch",
                      "scansched",
                      "old",
                      "--type=merge",
                      "-p",
                      "{\"spec\":{\"schedule\":\"62 3 * * *\"}}")
                  .stderr())
          .contains("\"62 3 * * *\"");
      plane
          .kubectl(
              "patch",
              "scansched",
              "old",
              "--type=merge",
              "-p",
              "{\"spec\":{\"schedule\":\"6 3 * * *\"}}")
          .orThrow();
      plane.kubectl("delete", "scansched", "old").orThrow();
      assertThat(operator.metric(REQUESTS, SCHEDULES, "result=\"Failed\"")).isZero();
    }
  }

  /** What the operator itself does is not asked about, nor what leaves a spec alone. */
  @Test
  void onlyWhatMattersIsAskedAbout(ControlPlane plane) {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator = start(plane).awaitLeading()) {
      plane.apply(
          """
          apiVersion: scanwarden.io/v1alpha1
          kind: WorkerPool
          metadata: {name: nightly}
          spec: {maxConcurrent: 5}
          """);
      double schedulesBefore = operator.metric(REQUESTS, SCHEDULES);
      double quotaBefore = operator.metric(REQUESTS, QUOTA);

      schedules.createReady(
          "scan",
          schedule(
              "scan",
              "poolRef: {name: nightly}\n"
                  + Schedules.at(
                      List.of(Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(5)))));
      schedules.annotate("scan", "a=b");
      schedules.awaitStatus(
          "scan", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));

      assertThat(operator.metric(REQUESTS, SCHEDULES)).isEqualTo(schedulesBefore + 1);
      assertThat(operator.metric(REQUESTS, QUOTA)).isEqualTo(quotaBefore);

      create(plane, job("name: adhoc, labels: {scanwarden.io/pool: nightly}")).orThrow();
      create(plane, job("name: other")).orThrow();
      assertThat(operator.metric(REQUESTS, QUOTA)).isEqualTo(quotaBefore + 1);
    }
  }

  /** By the time of validation the API server has made the name up: without one it is refused. */
  @Test
  void aNameThatIsGeneratedIsThere(ControlPlane plane) {
    try (RunningOperator operator = start(plane).awaitLeading()) {
      create(plane, job("generateName: adhoc-, labels: {scanwarden.io/pool: nightly}")).orThrow();
      create(
              plane,
              schedule("scan", "schedule: 0 3 * * *").replace("name: scan}", "generateName: s-}"))
          .orThrow();

      assertThat(operator.metric(REQUESTS, QUOTA, "result=\"Allowed\"")).isPositive();
      assertThat(operator.metric(REQUESTS, SCHEDULES, "result=\"Allowed\"")).isPositive();
    }
  }

  @Test
  void withoutTheOperatorNoScheduleIsCreatedAndEverythingElseGoesOn(ControlPlane plane) {
    try (RunningOperator operator = start(plane).awaitLeading()) {
      create(plane, schedule("before", "schedule: 0 3 * * *")).orThrow();
      create(plane, schedule("gone", "schedule: 0 3 * * *")).orThrow();
      operator.stop();
    }

    Output refused = create(plane, schedule("scan", "schedule: 0 3 * * *"));
    assertThat(refused.exitCode()).isNotZero();
    assertThat(refused.stderr()).contains("failed calling webhook \"schedules.scanwarden.io\"");
    plane.kubectl("create", "configmap", "other", "--from-literal=a=b").orThrow();
    create(plane, job("name: other")).orThrow();
    plane.kubectl("annotate", "scansched", "before", "a=b").orThrow();
    plane.kubectl("delete", "scansched", "gone").orThrow();

    try (RunningOperator operator = start(plane).awaitLeading()) {
      create(plane, schedule("scan", "schedule: 0 3 * * *")).orThrow();
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          plane
                              .kubectl(
                                  "wait",
                                  "--for=condition=Ready",
                                  "scansched/scan",
                                  "scansched/before",
                                  "--timeout=1s")
                              .exitCode())
                      .isZero());
      assertThat(operator.isAlive()).isTrue();
    }
  }
}
