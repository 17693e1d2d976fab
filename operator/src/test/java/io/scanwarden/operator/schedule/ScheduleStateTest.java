package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What a takeover makes of what it finds; the rest is left to {@link SimulationTest}. */
@NullUnmarked
class ScheduleStateTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final Instant NOW = Instant.ofEpochSecond(35);

  /**
   * An earlier leader dropped 10, started 20 and reported neither. The first status that records 20
   * lets it be deleted; were 10 still waiting in it, the leader after next would start 10.
   */
  @Test
  void whatWasOvertakenIsDroppedBeforeAnyStatusRecordsWhatOvertookIt() throws IOException {
    ScheduleState state =
        new ScheduleState(
            new ScheduleKey("ns", "scan"),
            new Telemetry((r, t, x, a, m) -> {}, new Metrics(new SimpleMeterRegistry())));
    ScheduleResource edited = new ScheduleResource();
    edited.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("scan")
            .withUid(Runs.SCHEDULE_UID)
            .withGeneration(2L)
            .withResourceVersion("50")
            .withCreationTimestamp("1970-01-01T00:00:00Z")
            .build());
    edited.setSpec(
        RawJson.of(
            "{\"triggers\":[{\"every\":\"10s\"}],\"jobTemplate\":{}}"
                .getBytes(StandardCharsets.UTF_8)));
    state.listed(edited, NOW);
    state.listed(Runs.finished(20, Run.Phase.SUCCEEDED), NOW);
    String status =
        "{\"observedGeneration\":1,\"cursor\":\"1970-01-01T00:00:30Z\",\"active\":[{\"state\":"
            + "\"Queued\",\"trigger\":\"Every\",\"scheduledTime\":\"1970-01-01T00:00:10Z\"}]}";
    state.lead(
        Runs.SCHEDULE_UID, Optional.of(JSON.readValue(status, ScanScheduleStatus.class)), NOW);
    for (Operation operation : state.step(NOW).operations()) {
      if (operation instanceof Operation.CheckTemplate(ScheduleSnapshot checked)) {
        state.templateChecked(checked, "", "");
      }
    }

    ScanScheduleStatus reported = state.report(NOW).orElseThrow().status();

    assertThat(reported.recorded()).containsExactly(Runs.uid(20));
    assertThat(reported.queued()).isZero();
    assertThat(reported.counts().skipped()).isEqualTo(1);
  }
}
