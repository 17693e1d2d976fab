package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.at;
import static io.scanwarden.operator.acceptance.Schedules.condition;
import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What time alone does to a schedule: runs that wait or run for too long, its begin and its end.
 */
@ControlPlaneTest
@NullUnmarked
class TimeLimitsIT {
  private static ControlPlane plane;
  private static RunningOperator operator;
  private static Schedules schedules;

  /** Where each test's clock begins: not long before now. */
  private Instant start;

  @BeforeAll
  static void start(ControlPlane shared) {
    plane = shared;
    schedules = new Schedules(plane);
    operator = RunningOperator.of(plane).withTestClock(Instant.now(), 1).start().awaitLeading();
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @BeforeEach
  void now() {
    start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    operator.setClock(start, 0);
  }

  @AfterEach
  void clean() {
    schedules.deleteAll();
  }

  @Test
  void aRunThatWaitsTooLongIsDroppedThenAndAlsoAfterARestart(ControlPlane own) {
    Schedules here = new Schedules(own);
    Instant second = start.plusSeconds(4);
    String spec =
        "concurrencyPolicy: Queue\nqueueTimeout: 6h\n" + at(List.of(start.plusSeconds(2), second));
    try (RunningOperator before =
        RunningOperator.of(own).withTestClock(start, 0).start().awaitLeading()) {
      here.createReady("patient", manifest("patient", spec, "24h"));
      before.setClock(start.plusSeconds(5), 1);
      here.awaitStatus("patient", s -> assertThat(s.path("queued").asInt()).isEqualTo(1));
      before.setClock(second.plus(Duration.ofHours(5)), 0);
      here.awaitEvent("patient", "RunTooLong");
      here.awaitStatus("patient", TimeLimitsIT::assertStuck);
      before.stop();
    }
    try (RunningOperator after =
        RunningOperator.of(own)
            .withTestClock(second.plus(Duration.ofMinutes(330)), 0)
            .start()
            .awaitLeading()) {
      beat(here, after, "once");
      assertThat(here.status("patient").path("queued").asInt()).isEqualTo(1);

      after.setClock(second.plus(Duration.ofHours(6)), 0);

      JsonNode status =
          here.awaitStatus(
              "patient", s -> assertThat(s.at("/counts/expired").asInt()).isEqualTo(1));
      assertThat(status.path("queued").asInt()).isZero();
      assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("QueueTimeout");
      assertThat(status.at("/lastSkipped/time").asText()).isEqualTo(second.toString());
      assertThat(status.at("/lastSkipped/message").asText())
          .isEqualTo("it waited for longer than spec.queueTimeout, 6h: an earlier run is active");
      here.awaitEvent("patient", "QueueTimeout");
      assertThat(after.metric("scanwarden_runs_not_started_total", "reason=\"QueueTimeout\""))
          .isEqualTo(1);
      assertStuck(status);
      assertThat(after.metric("scanwarden_runs_stuck_total")).as("stuck anew").isZero();
    }
  }

  private static void assertStuck(JsonNode status) {
    assertThat(condition(status, "Stuck").path("status").asText()).isEqualTo("True");
    assertThat(condition(status, "Stuck").path("reason").asText()).isEqualTo("RunTooLong");
  }

  @Test
  void aRunIsStuckAfterAWhileUntilItEnds() {
    schedules.createReady(
        "stuck",
        manifest(
            "stuck", "stuckAfter: 90m\n" + at(List.of(start.plusSeconds(2))), "24h", "0", "0s"));
    operator.setClock(start.plusSeconds(3), 1);
    Job job = schedules.awaitJobs("stuck", 1).getFirst();
    Instant began = Instant.parse(job.getMetadata().getCreationTimestamp());
    operator.setClock(began.plus(Duration.ofMinutes(89)), 0);
    beat(schedules, operator, "other");
    assertThat(condition(schedules.status("stuck"), "Stuck").isMissingNode()).isTrue();

    operator.setClock(began.plus(Duration.ofMinutes(91)), 0);

    JsonNode status = schedules.awaitStatus("stuck", TimeLimitsIT::assertStuck);
    assertThat(condition(status, "Stuck").path("message").asText())
        .startsWith(
            "Job "
                + job.getMetadata().getName()
                + " runs since "
                + start.toString().substring(0, 13))
        .endsWith(", for longer than spec.stuckAfter, 1h30m");
    assertThat(status.at("/active/0/reason").asText()).isEqualTo("RunTooLong");
    assertThat(condition(status, "Ready").path("status").asText()).isEqualTo("True");
    schedules.awaitEvent("stuck", "RunTooLong");
    String version = version("stuck");
    operator.setClock(began.plus(Duration.ofHours(20)), 0);
    beat(schedules, operator, "again");
    assertThat(version("stuck")).as("nothing new, nothing written").isEqualTo(version);
    assertThat(schedules.events("stuck")).filteredOn(e -> e.startsWith("RunTooLong")).hasSize(1);

    schedules.deleteJob(job);

    schedules.awaitStatus("stuck", s -> assertThat(condition(s, "Stuck").isMissingNode()).isTrue());
  }

  @Test
  void runsThatTakeLongerThanTheInterval() {
    schedules.createReady(
        "slow", manifest("slow", "triggers: [{every: 1s}]\nconcurrencyPolicy: Allow", "3s"));
    operator.setClock(start.plusSeconds(1), 1);

    JsonNode status =
        schedules.awaitStatus(
            "slow",
            s -> assertThat(condition(s, "Overrunning").path("status").asText()).isEqualTo("True"));

    assertThat(condition(status, "Overrunning").path("reason").asText())
        .isEqualTo("LongerThanInterval");
    assertThat(condition(status, "Overrunning").path("message").asText())
        .matches(
            "the median of the last \\d+ runs, \\d+s\\d*m?s?, is longer than the interval between two of them, 1s: .*");
    schedules.awaitEvent("slow", "LongerThanInterval");
    schedules.patch("slow", "{\"spec\":{\"triggers\":[{\"every\":\"1h\"}]}}");
    schedules.awaitStatus(
        "slow",
        s -> {
          assertThat(s.path("observedGeneration").asInt()).isEqualTo(2);
          assertThat(condition(s, "Overrunning").isMissingNode()).isTrue();
        });
    assertThat(schedules.events("slow"))
        .filteredOn(e -> e.startsWith("LongerThanInterval"))
        .hasSize(1);
  }

  @Test
  void theEndIsAnnouncedAndThenTheScheduleIsCompleted() {
    Instant end = start.plus(Duration.ofDays(30));
    // Due at the very end only: before that, it wakes for the notice alone.
    schedules.createReady(
        "ending", manifest("ending", "notAfter: \"" + end + "\"\n" + at(List.of(end)), "0s"));
    assertThat(readyMessage("ending")).endsWith(" until " + end);
    operator.setClock(end.minus(Duration.ofHours(73)), 0);
    beat(schedules, operator, "other");
    assertThat(condition(schedules.status("ending"), "ExpiresSoon").isMissingNode()).isTrue();

    operator.setClock(end.minus(Duration.ofHours(71)), 0);

    JsonNode status =
        schedules.awaitStatus(
            "ending",
            s -> assertThat(condition(s, "ExpiresSoon").path("status").asText()).isEqualTo("True"));
    assertThat(condition(status, "ExpiresSoon").path("reason").asText()).isEqualTo("NotAfterNear");
    assertThat(condition(status, "ExpiresSoon").path("message").asText())
        .isEqualTo("nothing is due after spec.notAfter, " + end);
    operator.setClock(end, 0);
    status =
        schedules.awaitStatus(
            "ending",
            s -> assertThat(condition(s, "Ready").path("reason").asText()).isEqualTo("Completed"));
    assertThat(condition(status, "Ready").path("status").asText()).isEqualTo("True");
    assertThat(condition(status, "ExpiresSoon").isMissingNode()).isTrue();
    assertThat(readyMessage("ending")).isEqualTo("no instant is left up to spec.notAfter, " + end);
  }

  @Test
  void whatKeepsTheNextRunBackIsSaidAndOnlyWrittenWhenItChanges() {
    Instant hour = start.truncatedTo(ChronoUnit.HOURS);
    Instant from = hour.plus(Duration.ofHours(1));
    Instant begin = hour.plus(Duration.ofDays(10));
    schedules.createReady(
        "excluded",
        manifest(
            "excluded",
            "triggers: [{every: 1h}]\nexclusions: [{from: \"%s\", to: \"%s\"}]"
                .formatted(from, from.plus(Duration.ofHours(5))),
            "0s"));
    schedules.createReady(
        "later", manifest("later", "triggers: [{every: 1h}]\nnotBefore: \"" + begin + "\"", "0s"));
    Instant next = from.plus(Duration.ofHours(5));
    assertThat(readyMessage("excluded"))
        .isEqualTo("runs at every 1h; next " + next + ": 5 instants before it are excluded");
    assertThat(schedules.status("excluded").at("/nextScheduleTimes/0").asText())
        .isEqualTo(next.toString());
    assertThat(readyMessage("later"))
        .isEqualTo("runs at every 1h; next " + begin + ": nothing is due before " + begin);
    String version = version("later");

    operator.setClock(from.plus(Duration.ofMinutes(190)), 0);

    schedules.awaitStatus(
        "excluded", s -> assertThat(s.at("/counts/skipped").asInt()).isEqualTo(4));
    assertThat(readyMessage("excluded"))
        .isEqualTo("runs at every 1h; next " + next + ": 1 instant before it is excluded");
    String excluded = version("excluded");
    operator.setClock(from.plus(Duration.ofMinutes(230)), 0);
    beat(schedules, operator, "other");
    assertThat(version("excluded")).isEqualTo(excluded);
    assertThat(version("later")).isEqualTo(version);
    operator.setClock(begin, 0);
    schedules.awaitJobs("later", 1);
    schedules.awaitStatus(
        "later",
        s ->
            assertThat(condition(s, "Ready").path("message").asText())
                .isEqualTo("runs at every 1h"));
  }

  // ---- what the tests share

  /** Lets another schedule fire and be reported: whatever else is due by now has its turn too. */
  private static void beat(Schedules schedules, RunningOperator operator, String name) {
    Instant now = operator.clock();
    Instant due = now.truncatedTo(ChronoUnit.SECONDS).plusSeconds(2);
    // Its Job starts by the API server's clock, long before the operator's.
    schedules.createReady(name, manifest(name, "stuckAfter: 99999h\n" + at(List.of(due)), "0s"));
    operator.setClock(due, 0);
    schedules.awaitStatus(name, s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
  }

  private static String readyMessage(String name) {
    return condition(schedules.status(name), "Ready").path("message").asText();
  }

  private static String version(String name) {
    return schedules.get(name).at("/metadata/resourceVersion").asText();
  }
}
