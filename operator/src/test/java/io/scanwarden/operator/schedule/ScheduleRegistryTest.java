package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.time.TestWorkClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ScheduleRegistryTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final ConcurrencyGroups.Group GROUP = new ConcurrencyGroups.Group("ns", "account");

  private final ConcurrencyGroups groups = new ConcurrencyGroups(k -> {});
  private final ScheduleRegistry registry =
      new ScheduleRegistry(
          new TestWorkClock(T, 0),
          new Telemetry((r, t, x, a, m) -> {}, new Metrics(new SimpleMeterRegistry())),
          groups,
          NoPools.turns(),
          QuotaTurns.UNLIMITED);

  /** As with {@code kubectl delete --cascade=orphan}: it goes on, and is none of ours any more. */
  @Test
  void aJobThatLosesItsOwnerHoldsNothing() throws IOException {
    ScheduleResource schedule = schedule();
    registry.put(schedule);
    registry.put(job(11, true));
    registry.lead(T);
    ScheduleState state = registry.find(new ScheduleKey("ns", "scan")).orElseThrow();
    String status = "{\"observedGeneration\":1,\"cursor\":\"%s\"}".formatted(T);
    registry.lead(state, "uid", Optional.of(JSON.readValue(status, ScanScheduleStatus.class)), T);
    ScheduleKey other = new ScheduleKey("ns", "other");
    assertThat(groups.mayEnter(GROUP, other, T)).isFalse();

    var _ = registry.put(job(11, true), job(12, false));
    registry.remove(schedule);

    assertThat(groups.mayEnter(GROUP, other, T)).isTrue();
    assertThat(registry.size()).isZero();
  }

  private static ScheduleResource schedule() {
    ScheduleResource schedule = new ScheduleResource();
    schedule.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("scan")
            .withUid("uid")
            .withGeneration(1L)
            .withResourceVersion("10")
            .withCreationTimestamp(T.toString())
            .build());
    String spec =
        "{\"schedule\":\"0 3 * * *\",\"concurrencyGroup\":\"account\",\"jobTemplate\":{}}";
    schedule.setSpec(RawJson.of(spec.getBytes(StandardCharsets.UTF_8)));
    return schedule;
  }

  private static JobResource job(long version, boolean owned) {
    OwnerReference owner =
        new OwnerReferenceBuilder()
            .withApiVersion("scanwarden.io/v1alpha1")
            .withKind("ScanSchedule")
            .withName("scan")
            .withUid("uid")
            .withController(true)
            .build();
    ObjectMeta meta =
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .addToLabels(Marks.SCHEDULE, "scan")
            .withName("scan-1")
            .withUid("job")
            .withResourceVersion(Long.toString(version))
            .withCreationTimestamp(T.toString())
            .withOwnerReferences(owned ? List.of(owner) : List.of())
            .addToAnnotations(Marks.TRIGGER, "Cron")
            .addToAnnotations(Marks.SCHEDULED_AT, "2025-12-31T03:00:00Z")
            .build();
    JobResource job = new JobResource();
    job.setMetadata(meta);
    return job;
  }
}
