package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.at;
import static io.scanwarden.operator.acceptance.Schedules.json;
import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import io.scanwarden.operator.observe.audit.AuditVerification;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to schedules and runs is in the audit log, and nobody can change it unseen. */
@ControlPlaneTest
@NullUnmarked
class AuditLogIT {
  @TempDir Path folder;

  @Test
  void decisionsAreRecordedAndAnotherProcessGoesOn(ControlPlane plane) throws IOException {
    Path file = folder.resolve("audit.log");
    Schedules schedules = new Schedules(plane);
    Instant start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    JsonNode head;
    try (RunningOperator operator = run(plane, file, start).awaitLeading()) {
      schedules.createReady(
          "nightly",
          manifest("nightly", at(List.of(start.plusSeconds(5), start.plusSeconds(6))), "1h"));
      operator.setClock(start.plusSeconds(5), 0);
      schedules.awaitJobs("nightly", 1);
      operator.setClock(start.plusSeconds(6), 0);
      schedules.awaitStatus(
          "nightly", s -> assertThat(s.at("/counts/skipped").asInt()).isEqualTo(1));
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(actions(file))
                      .containsExactly("ScheduleCreated", "RunStarted", "RunSkipped"));
      await()
          .atMost(Schedules.PATIENCE)
          .until(() -> json(operator.get("/audit/head").body()).path("seq").asInt() == 3);
      head = json(operator.get("/audit/head").body());
      assertThat(operator.metric("scanwarden_audit_lines_total")).isEqualTo(3);
      operator.kill();
    }

    JsonNode started = json(Files.readAllLines(file).get(1));
    assertThat(started.path("replica")).isEqualTo(head.path("replica"));
    assertThat(started.path("tenant").asText()).isEqualTo(plane.namespace());
    assertThat(started.path("namespace").asText()).isEqualTo(plane.namespace());
    assertThat(started.path("object").asText()).isEqualTo("ScanSchedule/nightly");
    assertThat(started.path("job").asText())
        .isEqualTo(schedules.jobs("nightly").getFirst().getMetadata().getName());
    assertThat(started.path("actor").asText()).isEqualTo("scanwarden");
    JsonNode skipped = json(Files.readAllLines(file).get(2));
    assertThat(skipped.path("reason").asText()).isEqualTo("PreviousRunActive");
    assertThat(skipped.path("scheduledTime").asText()).isEqualTo(start.plusSeconds(6).toString());

    try (RunningOperator operator = run(plane, file, start.plusSeconds(20)).awaitLeading()) {
      schedules.patch("nightly", "{\"spec\":{\"suspend\":true}}");
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(() -> assertThat(actions(file)).endsWith("ScheduleSuspended"));
      schedules.delete("nightly");
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(() -> assertThat(actions(file)).endsWith("ScheduleDeleted"));
      operator.stop();
      assertThat(operator.logLines())
          .anyMatch(line -> line.contains("The audit log's head: line 5"));
    }
    assertThat(actions(file)).as("what the first has told is no news").hasSize(5);

    Optional<String> hash = Optional.of(head.path("hash").asText());
    assertThat(AuditVerification.verify(file, hash).findings()).isEmpty();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    assertThat(AuditVerification.verify(file, hash).findings()).isNotEmpty();
  }

  private static RunningOperator run(ControlPlane plane, Path file, Instant clock) {
    return RunningOperator.of(plane)
        .withTestClock(clock, 0)
        .withArguments("--audit-log", file.toString())
        .start();
  }

  private static List<String> actions(Path file) throws IOException {
    return Files.readAllLines(file, StandardCharsets.UTF_8).stream()
        .map(line -> json(line).path("action").asText())
        .toList();
  }
}
