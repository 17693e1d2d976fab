package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.tenant.SlotTenant;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;

/**
 * Fires that lead nowhere, so that the JVM has compiled what the first real ones go through: from
 * the reading of a schedule over the decision, the Job and what the watch tells of it to the
 * status. Sends nothing and shares nothing with the schedules that there are.
 */
final class Rehearsal {
  /** After so many the JVM has compiled for good what matters. */
  private static final int FIRES = 3000;

  private static final Duration LONGEST = Duration.ofSeconds(3);
  private static final String SCRIPT = "rehearsal.json";
  private static final Instant BEGIN = Instant.parse("2000-01-01T00:00:00Z");
  private static final Duration STEP = Duration.ofSeconds(2);

  private final ObjectMapper json = ApiJson.newMapper();
  private final JsonNode script;
  private final ScheduleState state =
      new ScheduleState(
          new ScheduleKey("none", "rehearsal"),
          new Telemetry((regarding, type, reason, action, message) -> {}, nowhere()),
          new ConcurrencyGroups(schedule -> {}),
          new PoolTurns(
              new PoolAdmission(
                  WorkClock.system(), ns -> Optional.empty(), SlotTenant::withoutQuota, nowhere()),
              schedule -> {}),
          QuotaTurns.UNLIMITED);
  private Instant now = BEGIN;
  private long version = 1;
  private int fires;

  Rehearsal() throws IOException {
    try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream(SCRIPT))) {
      script = json.readTree(in);
    }
  }

  private static Metrics nowhere() {
    return new Metrics(new SimpleMeterRegistry());
  }

  /**
   * Fires until that is enough, or has taken long enough.
   *
   * @return how many Jobs would have been created
   */
  int run() throws IOException {
    long begin = System.nanoTime();
    state.join(now);
    byte[] schedule = json.writeValueAsBytes(script.get("schedule"));
    state.resource(json.readValue(schedule, ScheduleResource.class), now);
    while (fires < FIRES && System.nanoTime() - begin < LONGEST.toNanos()) {
      report();
      Step step = state.step(now);
      for (Operation operation : step.operations()) {
        carryOut(operation);
      }
      if (step.operations().isEmpty()) {
        now = step.wakeAt();
      }
    }
    return fires;
  }

  private void report() throws IOException {
    if (state.reportNeed() == ReportNeed.NONE) {
      return;
    }
    var report = state.report(now);
    if (report.isPresent()) {
      byte[] status = json.writeValueAsBytes(report.get().status());
      version += status.length;
      state.reported(report.get(), version);
    }
  }

  private void carryOut(Operation operation) throws IOException {
    switch (operation) {
      case Operation.CheckTemplate(ScheduleSnapshot schedule) ->
          state.templateChecked(schedule, "", "");
      case Operation.Create create -> create(create);
      case Operation.Delete(Run run, boolean foreground) -> state.jobGone(run.uid(), now);
      case Operation other ->
          throw new IllegalStateException("nothing of this asks for " + operation);
    }
  }

  private void create(Operation.Create create) throws IOException {
    fires++;
    ObjectNode job =
        (ObjectNode)
            json.readTree(OperationRunner.job(create, PodDefaults.NONE, /* term= */ 0, now));
    ((ObjectNode) job.get("metadata"))
        .put("uid", create.name())
        .put("creationTimestamp", now.toString());
    state.created(create, read(job), now);
    for (JsonNode status : script.get("jobStatuses")) {
      now = now.plus(STEP);
      job.set("status", status);
      state.job(read(job), now);
    }
  }

  private Run read(ObjectNode job) throws IOException {
    version++;
    ((ObjectNode) job.get("metadata")).put("resourceVersion", Long.toString(version));
    return Run.of(json.readValue(json.writeValueAsBytes(job), JobResource.class)).orElseThrow();
  }
}
