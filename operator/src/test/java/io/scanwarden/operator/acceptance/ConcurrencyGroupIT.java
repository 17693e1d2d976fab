package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Schedules that share a group have one run at a time, whatever becomes of the operator. */
@ControlPlaneTest
@NullUnmarked
class ConcurrencyGroupIT {
  private static final List<String> MEMBERS = List.of("one", "two", "three");

  @Test
  void oneRunAtATimeAcrossSchedulesAndARestart(ControlPlane plane) throws Exception {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      for (String member : MEMBERS) {
        schedules.createReady(member, member(member, "Queue"));
      }
      schedules.createReady("dropped", member("dropped", "Forbid"));
      schedules.request("one");
      schedules.awaitJobs("one", 1);
      List.of("two", "three", "dropped").forEach(schedules::request);
      schedules.awaitStatus(
          "three",
          s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("ConcurrencyGroupBusy"));
      JsonNode dropped =
          schedules.awaitStatus(
              "dropped",
              s ->
                  assertThat(s.at("/lastSkipped/reason").asText())
                      .isEqualTo("ConcurrencyGroupBusy"));
      assertThat(dropped.at("/counts/skipped").asInt()).isEqualTo(1);
      schedules.awaitEvent("dropped", "ConcurrencyGroupBusy");
      operator.kill();
    }
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      for (String member : MEMBERS) {
        schedules.awaitStatus(
            member, s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
      }
    }
    List<Job> jobs =
        Stream.of("one", "two", "three", "dropped")
            .flatMap(name -> schedules.jobs(name).stream())
            .sorted(Comparator.comparing(job -> job.getMetadata().getCreationTimestamp()))
            .toList();
    assertThat(jobs)
        .extracting(job -> job.getMetadata().getLabels().get(Schedules.SCHEDULE))
        .containsExactly("one", "two", "three");
    for (int i = 1; i < jobs.size(); i++) {
      assertThat(jobs.get(i).getMetadata().getCreationTimestamp())
          .isGreaterThanOrEqualTo(jobs.get(i - 1).getStatus().getCompletionTime());
    }
  }

  private static String member(String name, String policy) {
    return manifest(
        name,
        "concurrencyPolicy: %s\nconcurrencyGroup: aws-123456789\n%s"
            .formatted(policy, Schedules.NEVER),
        "6s");
  }
}
