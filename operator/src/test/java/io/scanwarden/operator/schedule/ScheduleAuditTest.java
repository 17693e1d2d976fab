package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.audit.AuditEntry;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** What a leader has recorded of a schedule, which is due every ten seconds. */
@NullUnmarked
class ScheduleAuditTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private final List<AuditEntry> audited = new ArrayList<>();
  private final Map<String, String> annotations = new HashMap<>();
  private ScheduleState state = newState();
  private long version;

  @Test
  void createdAndEdited() throws IOException {
    put("uid", 1, "");
    assertThat(told()).as("nobody leads").isEmpty();
    state.lead("uid", Optional.empty(), at(5));
    put("uid", 2, "\"priority\":1,");
    put("uid", 3, "\"suspend\":true,");
    put("uid", 4, "\"suspend\":true,\"priority\":1,");
    put("uid", 5, "");
    put("uid", 6, "\"every\":1,");
    state.resourceGone("uid");
    state.resourceGone("uid");

    assertThat(told())
        .containsExactly(
            "ScheduleCreated",
            "ScheduleChanged",
            "ScheduleSuspended",
            "ScheduleChanged",
            "ScheduleResumed",
            "ScheduleChanged",
            "ScheduleDeleted");
    assertThat(audited)
        .allSatisfy(
            entry -> {
              assertThat(entry.namespace()).contains("ns");
              assertThat(entry.kind() + "/" + entry.name()).isEqualTo("ScanSchedule/scan");
              assertThat(entry.actor()).isEmpty();
            });
  }

  @Test
  void anotherOfThatNameIsTheEndOfTheFirst() {
    state.join(at(0));
    put("uid", 1, "");
    put("another", 1, "");

    assertThat(told()).containsExactly("ScheduleCreated", "ScheduleDeleted", "ScheduleCreated");
  }

  @Test
  void whatTheStatusKnowsIsNoNews() throws IOException {
    put("uid", 3, "\"suspend\":true,");

    lead("{\"observedGeneration\": 3, \"cursor\": \"1970-01-01T00:00:00Z\"}");
    assertThat(told()).isEmpty();
    put("uid", 4, "");
    assertThat(told()).containsExactly("ScheduleResumed");
  }

  @Test
  void whatWasEditedWhileNobodyLedIs() throws IOException {
    String suspended =
        """
        {"observedGeneration": 3, "cursor": "1970-01-01T00:00:00Z", "conditions": [
         {"type": "Ready", "status": "True", "reason": "Suspended",
          "lastTransitionTime": "1970-01-01T00:00:00Z", "message": ""}]}""";
    put("uid", 4, "");
    lead(suspended);
    assertThat(told()).containsExactly("ScheduleResumed");

    state = newState();
    put("uid", 4, "\"suspend\":true,");
    lead(suspended);
    assertThat(told()).containsExactly("ScheduleResumed", "ScheduleChanged");

    state = newState();
    put("uid", 4, "\"suspend\":true,");
    lead("{\"observedGeneration\": 3, \"cursor\": \"1970-01-01T00:00:00Z\"}");
    assertThat(told()).containsExactly("ScheduleResumed", "ScheduleChanged", "ScheduleSuspended");
  }

  @Test
  void runsAreAskedForAndDropped() throws IOException {
    annotations.put(Marks.REQUESTED_AT, "1970-01-01T00:00:04Z");
    put("uid", 1, "\"suspend\":true,");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:00Z\"}");
    for (Operation operation : state.step(at(5)).operations()) {
      if (operation instanceof Operation.CheckTemplate(ScheduleSnapshot checked)) {
        state.templateChecked(checked, "", "");
      }
    }
    state.step(at(5));

    assertThat(told()).containsExactly("RunSkipped", "RunRequested");
    assertThat(audited).allSatisfy(e -> assertThat(e.scheduledTime()).contains(at(4)));
    assertThat(audited.getFirst().reason()).contains("Suspended");
    assertThat(audited.getFirst().actor()).contains("scanwarden");
    assertThat(audited.getLast().actor()).as("who annotated is not known").isEmpty();
  }

  @Test
  void eachCounterHasItsAction() {
    Telemetry telemetry = telemetry();
    ScheduleReading reading = reading("uid", 1, "");
    for (NotRunReason reason : NotRunReason.values()) {
      telemetry.dropped(
          reading,
          new Decision.Drop(new RunKey.Clock(at(10)), Trigger.EVERY, reason, "why"),
          false);
    }

    assertThat(audited)
        .extracting(e -> e.reason().orElseThrow() + ": " + e.action())
        .contains(
            "Excluded: RunSkipped",
            "Replaced: RunReplaced",
            "Missed: RunMissed",
            "QueueTimeout: RunExpired",
            "CreateRefused: RunRejected")
        .hasSize(NotRunReason.values().length);
  }

  private List<String> told() {
    return audited.stream().map(entry -> entry.action().toString()).toList();
  }

  private ScheduleState newState() {
    return new ScheduleState(
        new ScheduleKey("ns", "scan"),
        telemetry(),
        new ConcurrencyGroups(k -> {}),
        NoPools.turns(),
        QuotaTurns.UNLIMITED);
  }

  private Telemetry telemetry() {
    return new Telemetry(
        (r, t, reason, a, m) -> {}, new Metrics(new SimpleMeterRegistry()), audited::add);
  }

  private void lead(String status) throws IOException {
    state.lead("uid", Optional.of(JSON.readValue(status, ScanScheduleStatus.class)), at(5));
  }

  private void put(String uid, long generation, String fields) {
    state.resource(resource(uid, generation, fields), at(5));
  }

  private ScheduleReading reading(String uid, long generation, String fields) {
    return ScheduleReading.of(
        new ScheduleKey("ns", "scan"), resource(uid, generation, fields), null, at(5));
  }

  private ScheduleResource resource(String uid, long generation, String fields) {
    ScheduleResource resource = new ScheduleResource();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("scan")
            .withUid(uid)
            .withGeneration(generation)
            .withResourceVersion(Long.toString(++version))
            .withCreationTimestamp("1970-01-01T00:00:00Z")
            .withAnnotations(annotations)
            .build());
    resource.setSpec(
        RawJson.of(
            "{%s\"triggers\":[{\"every\":\"10s\"}],\"jobTemplate\":{}}"
                .formatted(fields)
                .getBytes(StandardCharsets.UTF_8)));
    return resource;
  }

  private static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }
}
