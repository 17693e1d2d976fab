package io.scanwarden.operator.acceptance;

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
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Past instants made up for, by annotation. The schedules are due at each New Year. */
@ControlPlaneTest
@NullUnmarked
class BackfillIT {
  private static final String YEARLY =
      """
      schedule: "0 0 1 1 *"
      successfulJobsHistoryLimit: 50
      """;

  private static ControlPlane plane;
  private static RunningOperator operator;
  private static Schedules schedules;

  @BeforeAll
  static void start(ControlPlane shared) {
    plane = shared;
    schedules = new Schedules(plane);
    operator = launch();
  }

  private static RunningOperator launch() {
    return RunningOperator.of(plane)
        .withLease(Duration.ofSeconds(4), Duration.ofSeconds(3), Duration.ofMillis(500))
        .start()
        .awaitLeading();
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
  void withAllowEachInstantRunsOnceAndTheAnnotationMayComeBack() {
    schedules.createReady("wide", manifest("wide", YEARLY + "concurrencyPolicy: Allow\n", "2s"));

    schedules.annotate("wide", "scanwarden.io/backfill=2017-01-01T00:00:00Z/2026-01-01T00:00:00Z");

    JsonNode status =
        schedules.awaitStatus(
            "wide", s -> assertThat(s.at("/backfill/done").asInt()).isEqualTo(10));
    assertThat(status.at("/backfill/accepted").asInt()).isEqualTo(10);
    assertThat(status.at("/backfill/total").asInt()).isEqualTo(10);
    assertThat(status.at("/counts/succeeded").asInt()).isEqualTo(10);
    assertThat(status.path("lastScheduleTime").asText()).isEqualTo("2026-01-01T00:00:00Z");
    List<Job> jobs = schedules.jobs("wide");
    assertThat(jobs)
        .extracting(job -> job.getMetadata().getName())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(2017, 2026)
                .mapToObj(
                    year -> "wide-" + Instant.parse(year + "-01-01T00:00:00Z").getEpochSecond())
                .toList());
    assertThat(jobs)
        .allMatch(
            job ->
                job.getMetadata().getAnnotations().get("scanwarden.io/trigger").equals("Backfill"));
    assertThat(mostAtOnce(jobs)).isBetween(2, 5);
    assertThat(plane.kubectl("describe", "scansched", "wide").orThrow().stdout())
        .containsPattern("Backfill:\\s+Accepted:\\s+10\\s+Cursor:\\s+2026-01-01T00:00:00Z")
        .containsPattern("Interval:\\s+2017-01-01T00:00:00Z/2026-01-01T00:00:00Z");

    schedules.annotate("wide", "scanwarden.io/backfill-");
    schedules.annotate("wide", "scanwarden.io/backfill=2017-01-01T00:00:00Z/2026-01-01T00:00:00Z");
    schedules.annotate(
        "wide", "scanwarden.io/requested-at=" + Instant.now().truncatedTo(ChronoUnit.SECONDS));
    schedules.awaitStatus("wide", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(11));
    assertThat(schedules.jobs("wide")).hasSize(11);

    // Of another interval, those are left out that have their Jobs.
    schedules.annotate("wide", "scanwarden.io/backfill=2016-01-01T00:00:00Z/2018-01-01T00:00:00Z");
    schedules.awaitStatus("wide", s -> assertThat(s.at("/backfill/done").asInt()).isEqualTo(3));
    assertThat(schedules.jobs("wide")).hasSize(12);
  }

  @Test
  void withQueueOneRunsAfterTheOtherAlsoIfTheOperatorIsKilled() {
    schedules.createReady(
        "single", manifest("single", YEARLY + "concurrencyPolicy: Queue\n", "1s"));
    schedules.annotate(
        "single", "scanwarden.io/backfill=2020-06-01T00:00:00+02:00/2026-01-01T00:00:00Z");
    schedules.awaitStatus(
        "single", s -> assertThat(s.at("/backfill/done").asInt()).isGreaterThanOrEqualTo(2));

    operator.kill();
    operator = launch();

    JsonNode status =
        schedules.awaitStatus(
            "single", s -> assertThat(s.at("/backfill/done").asInt()).isEqualTo(6));
    assertThat(status.at("/counts/succeeded").asInt()).isEqualTo(6);
    assertThat(status.path("queued").asInt()).isZero();
    List<Job> jobs = schedules.jobs("single");
    assertThat(jobs)
        .extracting(job -> Schedules.scheduledAt(job).toString().substring(0, 4))
        .containsExactly("2021", "2022", "2023", "2024", "2025", "2026");
    assertThat(mostAtOnce(jobs)).isEqualTo(1);
  }

  @Test
  void aSuspendHoldsItUpAndAnEditLetsItGoOn() {
    schedules.createReady("paused", manifest("paused", YEARLY + "suspend: true\n", "0s"));
    schedules.annotate(
        "paused", "scanwarden.io/backfill=2024-01-01T00:00:00Z/2026-01-01T00:00:00Z");
    schedules.awaitStatus("paused", s -> assertThat(s.at("/backfill/total").asInt()).isEqualTo(3));
    assertThat(schedules.jobs("paused")).isEmpty();

    schedules.patch("paused", "{\"spec\":{\"suspend\":false}}");

    schedules.awaitStatus("paused", s -> assertThat(s.at("/backfill/done").asInt()).isEqualTo(3));
    assertThat(schedules.jobs("paused")).hasSize(3);
  }

  @Test
  void whatCannotBeIsIgnoredWithAnEvent() {
    schedules.createReady("odd", manifest("odd", YEARLY, "0s"));
    List<String> values =
        List.of(
            "last week",
            "2026-01-01T00:00:00Z/2025-01-01T00:00:00Z",
            "2026-01-01T00:00:00Z/2199-01-01T00:00:00Z",
            "2025-02-01T00:00:00Z/2025-03-01T00:00:00Z",
            "0001-01-01T00:00:00Z/2026-01-01T00:00:00Z");
    for (String value : values) {
      schedules.annotate("odd", "scanwarden.io/backfill=" + value);
      schedules.awaitStatus(
          "odd", s -> assertThat(s.at("/backfill/ignored").asText()).isEqualTo(value));
    }
    schedules.awaitEvent("odd", "BackfillIgnored");

    assertThat(schedules.jobs("odd")).isEmpty();
    JsonNode status = schedules.awaitReady("odd");
    assertThat(status.at("/backfill/total").isMissingNode()).isTrue();
    schedules.annotate("odd", "scanwarden.io/backfill=2025-01-01T00:00:00Z/2026-01-01T00:00:00Z");
    schedules.awaitStatus("odd", s -> assertThat(s.at("/backfill/done").asInt()).isEqualTo(2));
    for (String value : values) {
      assertThat(schedules.events("odd"))
          .as("one Event names %s and what is allowed", value)
          .filteredOn(event -> event.contains("\"" + value + "\""))
          .singleElement()
          .asString()
          .startsWith("BackfillIgnored: annotation scanwarden.io/backfill: ");
    }
  }

  /** How many of the Jobs were under way at the same time, in whole seconds of the API server. */
  private static int mostAtOnce(List<Job> jobs) {
    List<Job> inOrder = jobs.stream().sorted(Comparator.comparing(Schedules::admittedAt)).toList();
    return inOrder.stream()
        .mapToInt(
            job ->
                (int)
                    inOrder.stream()
                        .filter(
                            other ->
                                !Schedules.admittedAt(other).isAfter(Schedules.admittedAt(job)))
                        .filter(other -> completed(other).isAfter(Schedules.admittedAt(job)))
                        .count())
        .max()
        .orElse(0);
  }

  private static Instant completed(Job job) {
    return Instant.parse(job.getStatus().getCompletionTime());
  }
}
