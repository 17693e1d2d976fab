package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ReportsTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

  private final List<ScheduleKey> emitted = new CopyOnWriteArrayList<>();
  private final Reports reports = new Reports(emitted::add);
  private final ScheduleState state =
      new ScheduleState(
          new ScheduleKey("ns", "scan"),
          new Telemetry((r, t, x, a, m) -> {}, new Metrics(new SimpleMeterRegistry())));

  @AfterEach
  void close() {
    reports.close();
  }

  /** Its spec is empty, and that is to be reported. */
  private void lead() {
    ScheduleResource resource = new ScheduleResource();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("scan")
            .withUid("u")
            .withGeneration(1L)
            .withResourceVersion("5")
            .withCreationTimestamp(T.toString())
            .build());
    state.resource(resource, T);
    state.lead("u", Optional.empty(), T);
    state.step(T); // nothing is reported before
  }

  @Test
  void whoHasNothingToReportIsNotAskedTo() {
    reports.request(state);
    assertThat(reports.backlog()).isZero();
  }

  @Test
  void manyChangesShareAWrite() {
    lead();
    for (int i = 0; i < 100; i++) {
      reports.request(state);
    }
    await().until(() -> !emitted.isEmpty());
    await().during(Duration.ofMillis(500)).until(() -> emitted.size() == 1);
    assertThat(reports.backlog()).isEqualTo(1);

    reports.done(state.key());
    reports.request(state);
    await().until(() -> emitted.size() == 2);
  }

  @Test
  void afterTheWriteThereIsNothingToReport() {
    lead();
    Report report = state.report(T).orElseThrow();
    assertThat(report.status().observedGeneration()).isEqualTo(1);
    assertThat(report.status().conditions().getFirst().getReason()).isEqualTo("InvalidSchedule");
    state.reported(report, 6);

    assertThat(state.report(T)).isEmpty();
    reports.request(state);
    assertThat(reports.backlog()).isZero();
  }
}
