package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;

/**
 * Fires that lead nowhere, so that the JVM has compiled what the first real ones go through: from
 * the reading of a schedule over the decision, the Job and what the watch tells of it to the
 * status. Sends nothing and shares nothing with the schedules that there are.
 */
final class Rehearsal {
  /** After so many the JVM has compiled for good what matters. */
  private static final int FIRES = 3000;

  private static final Duration LONGEST = Duration.ofSeconds(3);
  private static final Instant BEGIN = Instant.parse("2000-01-01T00:00:00Z");
  private static final Duration RUN = Duration.ofSeconds(5);

  private static final String SCHEDULE =
      """
      {"apiVersion":"scanwarden.io/v1alpha1","kind":"ScanSchedule",
       "metadata":{"name":"rehearsal","namespace":"none","uid":"none","generation":1,
         "resourceVersion":"1","creationTimestamp":"2000-01-01T00:00:00Z"},
       "spec":{"schedule":"* * * * *","jobTemplate":{
         "metadata":{"labels":{"app.kubernetes.io/name":"rehearsal"}},
         "spec":{"backoffLimit":0,"template":{"spec":{"restartPolicy":"Never",
           "securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
           "containers":[{"name":"scan","image":"registry.example.com/scan:1","args":["--all"],
             "env":[{"name":"TARGET","value":"registry.example.com"}],
             "resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"512Mi"}},
             "volumeMounts":[{"name":"work","mountPath":"/work"}]}],
           "volumes":[{"name":"work","emptyDir":{}}]}}}}}}""";

  private final ObjectMapper json = ApiJson.newMapper();
  private final ScheduleState state =
      new ScheduleState(
          new ScheduleKey("none", "rehearsal"),
          new Telemetry((regarding, type, reason, action, message) -> {}, nowhere()),
          new ConcurrencyGroups(schedule -> {}));
  private Instant now = BEGIN;
  private long version = 1;
  private int fires;

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
    state.resource(
        json.readValue(SCHEDULE.getBytes(StandardCharsets.UTF_8), ScheduleResource.class), now);
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
    ObjectNode job = (ObjectNode) json.readTree(OperationRunner.job(create, /* term= */ 0, now));
    ((ObjectNode) job.get("metadata"))
        .put("uid", create.name())
        .put("creationTimestamp", now.toString());
    state.created(create, read(job), now);
    ObjectNode status = job.putObject("status").put("active", 1).put("startTime", now.toString());
    state.job(read(job), now);
    now = now.plus(RUN);
    status.put("active", 0).put("succeeded", 1).put("completionTime", now.toString());
    status.putArray("conditions").addObject().put("type", "Complete").put("status", "True");
    state.job(read(job), now);
  }

  private Run read(ObjectNode job) throws IOException {
    version++;
    ((ObjectNode) job.get("metadata")).put("resourceVersion", Long.toString(version));
    return Run.of(json.readValue(json.writeValueAsBytes(job), JobResource.class)).orElseThrow();
  }
}
