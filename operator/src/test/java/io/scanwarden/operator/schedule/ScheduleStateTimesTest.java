package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Condition;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What a schedule notices because time goes by: runs that get stuck, or come too often. */
@NullUnmarked
class ScheduleStateTimesTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final Instant NOW = Instant.ofEpochSecond(35);

  private final List<String> events = new ArrayList<>();

  @Test
  void aRunThatGetsStuckIsToldOfOnceAlsoAfterARestart() throws IOException {
    String spec = "{'triggers':[{'every':'1h'}],'stuckAfter':'30s','jobTemplate':{}}";
    String status = "{'observedGeneration':2,'cursor':'1970-01-01T00:00:10Z'}";
    ScheduleState state = leading(spec, status, NOW, Runs.active(10));

    assertThat(state.step(NOW).wakeAt()).isEqualTo(at(40));
    ScanScheduleStatus before = report(state, NOW);
    assertThat(types(before)).containsExactly("Ready");
    state.step(at(39));
    assertThat(state.wantsReport()).isFalse();
    state.step(at(40));
    ScanScheduleStatus after = report(state, at(40));

    assertThat(types(after)).containsExactly("Ready", "Stuck");
    assertThat(after.active())
        .singleElement()
        .satisfies(
            run -> {
              assertThat(run.reason()).isEqualTo("RunTooLong");
              assertThat(run.message())
                  .isEqualTo(
                      "runs since 1970-01-01T00:00:10Z, for longer than spec.stuckAfter, 30s");
            });
    assertThat(events).containsExactly("RunTooLong");
    state.step(at(400));
    assertThat(state.wantsReport()).isFalse();

    ScheduleState next = leading(spec, JSON.writeValueAsString(after), at(500), Runs.active(10));
    next.step(at(500));
    assertThat(next.report(at(500))).as("nothing to write").isEmpty();
    assertThat(events).containsExactly("RunTooLong");

    next.job(Runs.finished(10, Run.Phase.SUCCEEDED), at(501));
    next.step(at(501));
    assertThat(types(report(next, at(501)))).containsExactly("Ready");
  }

  @Test
  void whatIsStuckAndHasNoPodsSaysBoth() throws IOException {
    Run run = Runs.active(10);
    ScheduleState state =
        leading(
            "{'triggers':[{'every':'1h'}],'stuckAfter':'30s','jobTemplate':{}}",
            "{'observedGeneration':2,'cursor':'1970-01-01T00:00:10Z'}",
            NOW,
            run);
    state.podsExplained(run, "quota", NOW);
    state.step(at(40));

    assertThat(report(state, at(40)).active().getFirst().message())
        .startsWith("runs since ")
        .endsWith("; quota");
  }

  @Test
  void theEndComesNearerWithoutAnythingElse() throws IOException {
    ScheduleState state =
        leading(
            "{'triggers':[{'every':'1000s'}],'notAfter':'1970-01-01T00:16:40Z','jobTemplate':{}}",
            "{'observedGeneration':2,'cursor':'1970-01-01T00:00:10Z'}",
            NOW);

    assertThat(state.step(NOW).wakeAt()).isEqualTo(at(900));
    assertThat(types(report(state, NOW))).containsExactly("Ready");
    assertThat(state.step(at(900)).wakeAt()).isEqualTo(at(1000));
    assertThat(types(report(state, at(900)))).containsExactly("Ready", "ExpiresSoon");
    state.step(at(901));
    assertThat(state.wantsReport()).isFalse();
    state.step(at(1000));
    assertThat(types(report(state, at(1000)))).containsExactly("Ready");
  }

  @Test
  void overrunningIsToldOnce() throws IOException {
    String run =
        "{'name':'scan-%d','startTime':'1970-01-01T00:00:0%dZ','completionTime':'1970-01-01T00:00:20Z','result':'Failed'}";
    ScheduleState state =
        leading(
            "{'triggers':[{'every':'10s'}],'concurrencyPolicy':'Allow','jobTemplate':{}}",
            "{'observedGeneration':2,'cursor':'1970-01-01T00:00:30Z','recentRuns':["
                + String.join(",", run.formatted(1, 1), run.formatted(2, 2), run.formatted(3, 3))
                + "]}",
            NOW);
    state.step(NOW);

    assertThat(types(report(state, NOW))).containsExactly("Ready", "Overrunning");
    state.step(at(40));
    assertThat(types(report(state, at(40)))).containsExactly("Ready", "Overrunning");
    assertThat(events).containsExactly("LongerThanInterval");
  }

  // ---- what the tests share

  private ScheduleState leading(String spec, String status, Instant now, Run... runs)
      throws IOException {
    ScheduleState state =
        new ScheduleState(
            new ScheduleKey("ns", "scan"),
            new Telemetry(
                (regarding, type, reason, action, message) -> events.add(reason),
                new Metrics(new SimpleMeterRegistry())),
            new ConcurrencyGroups(k -> {}),
            NoPools.turns(),
            QuotaTurns.UNLIMITED);
    ScheduleResource resource = new ScheduleResource();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("scan")
            .withUid(Runs.SCHEDULE_UID)
            .withGeneration(2L)
            .withResourceVersion("50")
            .withCreationTimestamp("1970-01-01T00:00:00Z")
            .build());
    resource.setSpec(RawJson.of(spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    state.listed(resource, now);
    for (Run run : runs) {
      state.listed(run, now);
    }
    state.lead(
        Runs.SCHEDULE_UID,
        Optional.of(JSON.readValue(status.replace('\'', '"'), ScanScheduleStatus.class)),
        now);
    return state;
  }

  private static ScanScheduleStatus report(ScheduleState state, Instant now) {
    Report report = state.report(now).orElseThrow();
    state.reported(report, report.resourceVersion() + 1);
    return report.status();
  }

  private static List<String> types(ScanScheduleStatus status) {
    return status.conditions().stream().map(Condition::getType).toList();
  }

  private static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }
}
