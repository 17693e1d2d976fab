package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Runs of more than one Job: one per target, and one per attempt. */
@ControlPlaneTest
@NullUnmarked
class TargetsAndRetriesIT {
  private static final String TARGETS =
      """
      targets:
      - {name: eu-central-1, env: {AWS_REGION: eu-central-1}}
      - {name: us-east-1, env: {AWS_REGION: us-east-1, EXIT_CODE: "1"}}
      - {name: sandbox}
      """;

  private static ControlPlane plane;
  private static RunningOperator operator;
  private static Schedules schedules;

  @BeforeAll
  static void start(ControlPlane shared) {
    plane = shared;
    schedules = new Schedules(plane);
    operator = RunningOperator.of(plane).start().awaitLeading();
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @AfterEach
  void clean() {
    schedules.deleteAll();
  }

  @Test
  void aRunHasAJobPerTargetInBatchesAndSucceedsPartially() {
    schedules.createReady(
        "cloud",
        manifest("cloud", TARGETS + "stagger: {batchSize: 2, interval: 3s}\n" + NEVER, "0s"));
    Instant asked = schedules.request("cloud");

    JsonNode status =
        schedules.awaitStatus(
            "cloud",
            s -> assertThat(s.at("/recentRuns/0/result").asText()).isEqualTo("PartiallySucceeded"));

    assertThat(status.at("/recentRuns/0/targets").toString())
        .isEqualTo("{\"failed\":1,\"succeeded\":2,\"total\":3}");
    assertThat(status.path("lastResult").asText()).isEqualTo("PartiallySucceeded");
    assertThat(status.at("/counts/partiallySucceeded").asInt()).isEqualTo(1);
    assertThat(status.at("/counts/failed").asInt()).isZero();
    List<Job> jobs = inOrder("cloud");
    String run = status.at("/recentRuns/0/name").asText();
    assertThat(jobs)
        .extracting(job -> job.getMetadata().getName())
        .containsExactly(run + "-eu-central-1", run + "-us-east-1", run + "-sandbox");
    assertThat(jobs).allMatch(job -> Schedules.scheduledAt(job).equals(asked));
    assertThat(
            Duration.between(Schedules.admittedAt(jobs.get(1)), Schedules.admittedAt(jobs.get(2))))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(3));
    Job us = jobs.get(1);
    assertThat(us.getMetadata().getLabels()).containsEntry("scanwarden.io/target", "us-east-1");
    assertThat(us.getSpec().getTemplate().getSpec().getContainers().getFirst().getEnv())
        .extracting(EnvVar::getName, EnvVar::getValue)
        .extracting(Object::toString)
        .contains("(\"AWS_REGION\", \"us-east-1\")", "(\"SCANWARDEN_TARGET\", \"us-east-1\")");
  }

  @Test
  void aRequestMayChooseTargets() {
    schedules.createReady("some", manifest("some", TARGETS + NEVER, "0s"));
    schedules.annotate("some", "scanwarden.io/requested-targets=sandbox");
    var _ = schedules.request("some");

    JsonNode status =
        schedules.awaitStatus(
            "some", s -> assertThat(s.path("lastResult").asText()).isEqualTo("Succeeded"));

    assertThat(status.at("/recentRuns/0/targets/total").asInt()).isEqualTo(1);
    assertThat(schedules.jobs("some"))
        .extracting(job -> job.getMetadata().getLabels().get("scanwarden.io/target"))
        .containsExactly("sandbox");
    schedules.annotate("some", "scanwarden.io/requested-targets=sandbox,moon");
    schedules.request("some");

    schedules.awaitEvent("some", "RequestIgnored");
    assertThat(schedules.events("some"))
        .anyMatch(
            event ->
                event.contains("has moon, allowed are")
                    && event.contains("eu-central-1, us-east-1, sandbox"));
    assertThat(schedules.jobs("some")).hasSize(1);
  }

  @Test
  void aFailedRunIsTriedAgainUpToTheLimit() {
    schedules.createReady(
        "flaky",
        manifest(
            "flaky",
            "retry: {limit: 2, backoff: 1s, maxBackoff: 2s}\nfailedJobsHistoryLimit: 5\n" + NEVER,
            "0s",
            "1",
            "0s"));
    var _ = schedules.request("flaky");

    JsonNode status =
        schedules.awaitStatus(
            "flaky", s -> assertThat(s.path("lastResult").asText()).isEqualTo("Failed"));

    assertThat(status.at("/counts/failed").asInt()).isEqualTo(1);
    assertThat(status.at("/recentRuns/0/attempts").asInt()).isEqualTo(3);
    List<Job> jobs = inOrder("flaky");
    String run = status.at("/recentRuns/0/name").asText();
    assertThat(jobs)
        .extracting(job -> job.getMetadata().getName())
        .containsExactly(run, run + "r2", run + "r3");
    assertThat(schedules.events("flaky"))
        .filteredOn(event -> event.startsWith("RunRetried: "))
        .hasSize(2);
  }

  @Test
  void whileARunWaitsForItsRetryItIsActiveAndTheRetryHasTheNewTemplate() {
    schedules.createReady(
        "repaired",
        manifest("repaired", "retry: {limit: 3, backoff: 10s}\n" + NEVER, "0s", "1", "0s"));
    var _ = schedules.request("repaired");
    JsonNode waiting =
        schedules.awaitStatus(
            "repaired",
            s -> {
              assertThat(s.at("/active/0/reason").asText()).isEqualTo("Backoff");
              assertThat(s.path("running").asInt()).isEqualTo(1);
            });
    assertThat(waiting.at("/active/0/attempt").asInt()).isEqualTo(2);
    assertThat(waiting.at("/active/0/state").asText()).isEqualTo("Queued");
    assertThat(waiting.path("queued").asInt()).isZero();
    schedules.request("repaired");
    schedules.awaitStatus(
        "repaired",
        s -> assertThat(s.at("/active/1/reason").asText()).isEqualTo("PreviousRunActive"));

    schedules.patch(
        "repaired",
        """
        {"spec":{"jobTemplate":{"spec":{"template":{"metadata":{
          "annotations":{"dev.scanwarden.io/exit-code":"0"}}}}}}}""");

    JsonNode status =
        schedules.awaitStatus(
            "repaired", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(2));
    assertThat(status.at("/counts/failed").asInt()).isZero();
    assertThat(status.at("/recentRuns/1/attempts").asInt()).isEqualTo(2);
    assertThat(status.at("/recentRuns/0/attempts").asInt()).isEqualTo(1);
  }

  @Test
  void whoDeletesTheFailedJobWantsNoRetry() {
    schedules.createReady(
        "unwanted",
        manifest(
            "unwanted",
            "retry: {limit: 3, backoff: 1h, maxBackoff: 1h}\n" + NEVER,
            "0s",
            "1",
            "0s"));
    var _ = schedules.request("unwanted");
    schedules.awaitStatus(
        "unwanted", s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("Backoff"));

    schedules.deleteJob(schedules.jobs("unwanted").getFirst());

    JsonNode status =
        schedules.awaitStatus("unwanted", s -> assertThat(s.path("running").asInt()).isZero());
    assertThat(status.path("lastResult").asText()).isEqualTo("Failed");
    assertThat(schedules.jobs("unwanted")).isEmpty();
  }

  private static final String NEVER =
      "triggers: [{at: \"2099-01-01T00:00:00Z\"}]\nconcurrencyPolicy: Queue\n";

  private static List<Job> inOrder(String schedule) {
    return schedules.jobs(schedule).stream()
        .sorted(Comparator.comparing(Schedules::admittedAt))
        .toList();
  }
}
