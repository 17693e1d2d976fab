package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.at;
import static io.scanwarden.operator.acceptance.Schedules.condition;
import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static io.scanwarden.operator.acceptance.Schedules.scheduledAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a ScanSchedule does beyond a CronJob: each rule of the design, seen from outside. */
@ControlPlaneTest
@NullUnmarked
class SchedulingIT {
  private static ControlPlane plane;
  private static RunningOperator operator;
  private static Schedules schedules;

  /** Where each test's clock begins, a whole minute: not long before now. */
  private Instant start;

  @BeforeAll
  static void start(ControlPlane shared) {
    plane = shared;
    schedules = new Schedules(plane);
    operator =
        RunningOperator.of(plane)
            .withTestClock(Instant.now(), 1)
            .toleratingRefusals()
            .start()
            .awaitLeading();
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @BeforeEach
  void now() {
    start = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    operator.setClock(start, 0);
  }

  @AfterEach
  void clean() {
    plane.kubectl("delete", "resourcequota", "--all").orThrow();
    schedules.deleteAll();
  }

  @Test
  void queuedRunsStartOneAfterAnother() {
    List<Instant> due = seconds(2, 4, 6, 8);
    schedules.createReady(
        "queue", manifest("queue", "concurrencyPolicy: Queue\nmaxQueued: 2\n" + at(due), "1s"));

    operator.setClock(start.plusSeconds(9), 1);

    JsonNode status =
        schedules.awaitStatus(
            "queue",
            s -> {
              assertThat(s.path("queued").asInt()).isEqualTo(2);
              assertThat(s.path("running").asInt()).isEqualTo(1);
            });
    assertThat(status.at("/active/0/reason").asText()).isEqualTo("PreviousRunActive");
    assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("QueueFull");
    assertThat(status.at("/lastSkipped/time").asText()).isEqualTo(due.get(3).toString());
    status =
        schedules.awaitStatus(
            "queue", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(3));
    assertThat(status.at("/counts/skipped").asInt()).isEqualTo(1);
    List<Job> jobs = schedules.awaitJobs("queue", 3);
    assertThat(jobs).extracting(Schedules::scheduledAt).isEqualTo(due.subList(0, 3));
    for (int i = 1; i < jobs.size(); i++) {
      assertThat(jobs.get(i).getMetadata().getCreationTimestamp())
          .isGreaterThanOrEqualTo(jobs.get(i - 1).getStatus().getCompletionTime());
    }
    assertThat(condition(status, "Ready").path("reason").asText()).isEqualTo("Completed");
  }

  @Test
  void jitterMovesTheStartAndNotTheName() {
    Instant due = start.plusSeconds(600);
    schedules.createReady("jitter", manifest("jitter", "jitter: 30m\n" + at(List.of(due)), "0s"));

    operator.setClock(due.minusSeconds(1), 0);
    assertThat(schedules.status("jitter").path("nextScheduleTimes").toString())
        .contains(due.toString());
    operator.setClock(due.plus(Duration.ofMinutes(30)), 1);

    Job job = schedules.awaitJobs("jitter", 1).getFirst();
    assertThat(scheduledAt(job)).isEqualTo(due);
    assertThat(job.getMetadata().getName()).isEqualTo("jitter-" + due.getEpochSecond());
  }

  @Test
  void exclusionsWindowsAndOnceOnlyTimes() {
    List<Instant> due = seconds(10, 20, 30, 40, 50);
    schedules.createReady(
        "windows",
        manifest(
            "windows",
            """
            concurrencyPolicy: Allow
            notBefore: "%s"
            notAfter: "%s"
            exclusions: [{from: "%s", to: "%s"}]
            %s
            """
                .formatted(due.get(1), due.get(3).plusSeconds(1), due.get(2), due.get(3), at(due)),
            "0s"));

    operator.setClock(start.plusSeconds(55), 1);

    JsonNode status =
        schedules.awaitStatus(
            "windows", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(2));
    assertThat(schedules.jobs("windows"))
        .extracting(Schedules::scheduledAt)
        .containsExactly(due.get(1), due.get(3));
    assertThat(status.at("/counts/skipped").asInt()).isEqualTo(1);
    assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("Excluded");
    assertThat(status.at("/lastSkipped/time").asText()).isEqualTo(due.get(2).toString());
    assertThat(status.path("nextScheduleTimes")).isEmpty();
  }

  @Test
  void severalTriggersAtOneInstantAreOneRun() {
    Instant hour = start.truncatedTo(ChronoUnit.HOURS).plus(1, ChronoUnit.HOURS);
    schedules.createReady(
        "union",
        manifest(
            "union",
            """
            schedule: "0 * * * *"
            concurrencyPolicy: Allow
            triggers:
            - {cron: "0 * * * *", timeZone: Europe/Berlin}
            - {every: 1h}
            - {at: "%s"}
            - {every: 1h, offset: 1s}
            """
                .formatted(hour),
            "0s"));

    operator.setClock(hour.plusSeconds(2), 1);

    assertThat(schedules.awaitJobs("union", 2))
        .extracting(Schedules::scheduledAt)
        .containsExactly(hour, hour.plusSeconds(1));
    JsonNode status = schedules.awaitReady("union");
    assertThat(status.at("/counts/skipped").asInt()).isZero();
  }

  @Test
  void aDeletedJobHoldsUpTheNextAndAnEditLetsThatWaitForTheNewTemplate() {
    try (Order order = new Order(plane)) {
      List<Instant> due = seconds(2, 4);
      schedules.createReady(
          "edited", manifest("edited", "concurrencyPolicy: Queue\n" + at(due), "1h", "0", "3s"));
      operator.setClock(start.plusSeconds(5), 1);
      schedules.awaitStatus("edited", s -> assertThat(s.path("queued").asInt()).isEqualTo(1));
      Job first = schedules.awaitJobs("edited", 1).getFirst();
      Pod pod = awaitPod("edited");

      schedules.patch(
          "edited",
          "{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"containers\":"
              + "[{\"name\":\"scan\",\"image\":\"scanner:2\"}]}}}}}}");
      JsonNode waiting = schedules.awaitReady("edited");
      assertThat(waiting.path("queued").asInt()).isEqualTo(1);
      schedules.deleteJob(first);

      Job next = schedules.awaitJobs("edited", jobs -> isOtherThan(first, jobs)).getLast();
      assertThat(image(next)).isEqualTo("scanner:2");
      assertThat(scheduledAt(next)).isEqualTo(due.get(1));
      order.assertJobAfterPod(next.getMetadata().getName(), pod.getMetadata().getName());
      schedules.awaitEvent("edited", "RunDeleted");
      assertThat(schedules.status("edited").path("recentRuns").toString()).contains("Deleted");
    }
  }

  @Test
  void aSuspendDropsWhatWaits() {
    schedules.createReady(
        "drops", manifest("drops", "concurrencyPolicy: Queue\n" + at(seconds(2, 4, 6)), "1h"));
    operator.setClock(start.plusSeconds(7), 1);
    schedules.awaitStatus("drops", s -> assertThat(s.path("queued").asInt()).isEqualTo(2));

    schedules.patch("drops", "{\"spec\":{\"suspend\":true}}");

    JsonNode status =
        schedules.awaitStatus(
            "drops",
            s -> {
              assertThat(s.path("queued").asInt()).isZero();
              assertThat(s.path("running").asInt()).isEqualTo(1);
            });
    assertThat(status.at("/counts/skipped").asInt()).isEqualTo(2);
    assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("Suspended");
    schedules.awaitEvent("drops", "Suspended");
  }

  @Test
  void runNow() {
    operator.setClock(Instant.now(), 0);
    JsonNode before = schedules.createReady("now", manifest("now", "schedule: '@yearly'", "0s"));
    assertThat(before.path("lastHandledRequest").isMissingNode()).isTrue();
    Instant created = Schedules.created(schedules.get("now"));
    // After its creation, and not too far ahead of the operator's clock, which stands still.
    Instant asked = created.plusSeconds(20);

    request("now", asked.toString());
    Job job = schedules.awaitJobs("now", 1).getFirst();

    assertThat(scheduledAt(job)).isEqualTo(asked);
    assertThat(job.getMetadata().getLabels())
        .containsEntry("scanwarden.io/request", Long.toString(asked.getEpochSecond()));
    assertThat(job.getMetadata().getAnnotations())
        .containsEntry("scanwarden.io/trigger", "Request");
    assertThat(job.getMetadata().getName()).matches("now-m[a-z2-7]{9}");
    schedules.awaitStatus(
        "now", s -> assertThat(s.path("lastHandledRequest").asText()).isEqualTo(asked.toString()));

    request("now", asked.toString());
    request("now", asked.minusSeconds(5).toString());
    request("now", created.minusSeconds(100).toString());
    request("now", asked.plus(Duration.ofHours(1)).toString());
    schedules.awaitEvent("now", "RequestIgnored");
    request("now", "tomorrow");
    await()
        .atMost(Schedules.PATIENCE)
        .untilAsserted(
            () ->
                assertThat(schedules.events("now"))
                    .anyMatch(e -> e.contains("ahead of the operator's clock"))
                    .anyMatch(e -> e.contains("\"tomorrow\" must be an RFC 3339 time")));
    // While the first run is active, another request would be dropped: the policy is Forbid.
    schedules.awaitStatus(
        "now", s -> assertThat(s.path("lastResult").asText()).isEqualTo("Succeeded"));
    // What comes last is decided last.
    Instant again = asked.plusSeconds(1);
    request("now", again.toString());
    assertThat(schedules.awaitJobs("now", jobs -> jobs.size() > 1))
        .extracting(Schedules::scheduledAt)
        .containsExactly(asked, again);
  }

  @Test
  void aTimeoutEndsARun() {
    schedules.createReady("timeout", manifest("timeout", "timeout: 1s\n" + at(seconds(2)), "1h"));
    operator.setClock(start.plusSeconds(3), 1);

    JsonNode status =
        schedules.awaitStatus(
            "timeout", s -> assertThat(s.path("lastResult").asText()).isEqualTo("Failed"));

    assertThat(status.at("/recentRuns/0/message").asText()).startsWith("DeadlineExceeded: ");
    assertThat(schedules.jobs("timeout").getFirst().getSpec().getActiveDeadlineSeconds())
        .isEqualTo(1);
    schedules.awaitEvent("timeout", "RunFailed");
  }

  @Test
  void aTemplateThatTheServerRefusesIsToldInItsOwnWords() {
    operator.setClock(Instant.now(), 1);
    schedules.create(manifest("broken", "schedule: '@yearly'", "0s").replace("Never", "Always"));

    JsonNode status =
        schedules.awaitStatus(
            "broken",
            s -> assertThat(condition(s, "Ready").path("status").asText()).isEqualTo("False"));

    assertThat(condition(status, "Ready").path("reason").asText()).isEqualTo("InvalidJobTemplate");
    assertThat(condition(status, "Ready").path("message").asText())
        .contains(
            "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"");
    assertThat(condition(status, "Stalled").path("status").asText()).isEqualTo("True");
    schedules.awaitEvent("broken", "InvalidJobTemplate");

    schedules.patch(
        "broken",
        "{\"spec\":{\"jobTemplate\":{\"spec\":{\"template\":{\"spec\":{\"restartPolicy\":\"Never\"}}}}}}");
    assertThat(condition(schedules.awaitReady("broken"), "Stalled").isMissingNode()).isTrue();
  }

  @Test
  void aWarningOfTheServerIsShown() {
    schedules.createReady(
        "warned",
        manifest("warned", "schedule: '@yearly'", "0s").replace("backoffLimit", "backofLimit"));

    JsonNode warning = condition(schedules.awaitReady("warned"), "JobTemplateWarning");

    assertThat(warning.path("status").asText()).isEqualTo("True");
    assertThat(warning.path("message").asText()).contains("unknown field \"spec.backofLimit\"");
  }

  @Test
  void aQuotaOnJobsIsNoFaultOfTheTemplate() {
    plane.kubectl("create", "quota", "jobs", "--hard=count/jobs.batch=0").orThrow();
    awaitQuota("jobs");
    schedules.createReady("refused", manifest("refused", at(seconds(2)), "0s"));
    operator.setClock(start.plusSeconds(3), 1);

    JsonNode status =
        schedules.awaitStatus(
            "refused",
            s ->
                assertThat(condition(s, "Ready").path("reason").asText())
                    .isEqualTo("CreateFailed"));

    assertThat(condition(status, "Ready").path("message").asText())
        .contains("exceeded quota: jobs");
    assertThat(condition(status, "Reconciling").path("status").asText()).isEqualTo("True");
    assertThat(condition(status, "Stalled").isMissingNode()).isTrue();
    assertThat(status.at("/active/0/reason").asText()).isEqualTo("CreateFailed");
    schedules.awaitEvent("refused", "CreateFailed");
    plane.kubectl("delete", "quota", "jobs").orThrow();
    operator.setClock(start.plusSeconds(600), 1);
    schedules.awaitJobs("refused", 1);
    assertThat(condition(schedules.awaitReady("refused"), "Reconciling").isMissingNode()).isTrue();
  }

  @Test
  void podsThatCannotBeCreatedAreExplained() {
    plane.kubectl("create", "quota", "pods", "--hard=pods=0").orThrow();
    awaitQuota("pods");
    schedules.createReady("podless", manifest("podless", at(seconds(2)), "0s"));
    operator.setClock(start.plusSeconds(3), 1);
    schedules.awaitJobs("podless", 1);
    await()
        .atMost(Schedules.PATIENCE)
        .until(() -> plane.kubectl("get", "events").orThrow().stdout().contains("FailedCreate"));
    schedules.awaitStatus("podless", s -> assertThat(s.path("running").asInt()).isEqualTo(1));
    assertThat(schedules.status("podless").at("/active/0/reason").isMissingNode()).isTrue();

    operator.setClock(start.plusSeconds(90), 1);

    JsonNode status =
        schedules.awaitStatus(
            "podless",
            s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("PodsNotCreated"));
    assertThat(status.at("/active/0/message").asText())
        .startsWith("Error creating: pods \"podless-")
        .contains("exceeded quota: pods");
    assertThat(condition(status, "Ready").path("status").asText()).isEqualTo("True");
    schedules.awaitEvent("podless", "PodsNotCreated");
  }

  @Test
  void aForeignJobOfThatNameIsLeftAlone() {
    Instant due = start.plusSeconds(5);
    String taken = "foreign-" + due.getEpochSecond();
    plane.kubectl("create", "job", taken, "--image=other").orThrow();
    schedules.createReady("foreign", manifest("foreign", at(List.of(due)), "0s"));

    operator.setClock(due.plusSeconds(1), 1);

    Job job = schedules.awaitJobs("foreign", 1).getFirst();
    assertThat(job.getMetadata().getName()).matches("foreign-h[a-z2-7]{9}");
    assertThat(scheduledAt(job)).isEqualTo(due);
    schedules.awaitStatus(
        "foreign", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
    assertThat(
            plane
                .kubectl("get", "job", taken, "-o", "jsonpath={.spec.template.spec..image}")
                .orThrow()
                .stdout())
        .isEqualTo("other");
  }

  @Test
  void jobsGoWithTheirScheduleAndAnotherOfItsNameStartsAfresh() {
    Instant due = start.plusSeconds(30);
    String manifest = manifest("again", "concurrencyPolicy: Allow\n" + at(List.of(due)), "0s");
    schedules.createReady("again", manifest);
    operator.setClock(due, 0);
    Job first = schedules.awaitJobs("again", 1).getFirst();
    schedules.awaitStatus("again", s -> assertThat(s.at("/counts/succeeded").asInt()).isOne());

    schedules.delete("again");
    schedules.awaitJobs("again", 0);
    operator.setClock(start.plusSeconds(10), 0);
    JsonNode fresh = schedules.createReady("again", manifest);
    assertThat(fresh.at("/counts/succeeded").asInt()).isZero();
    operator.setClock(due, 0);

    Job second = schedules.awaitJobs("again", 1).getFirst();
    assertThat(second.getMetadata().getName()).isEqualTo(first.getMetadata().getName());
    assertThat(second.getMetadata().getUid()).isNotEqualTo(first.getMetadata().getUid());
    JsonNode status =
        schedules.awaitStatus("again", s -> assertThat(s.at("/counts/succeeded").asInt()).isOne());
    assertThat(status.path("recentRuns")).hasSize(1);
  }

  @Test
  void aClockThatStepsBackFiresNothingAgain() {
    schedules.createReady(
        "back", manifest("back", "concurrencyPolicy: Allow\n" + at(seconds(10, 20, 40)), "0s"));
    operator.setClock(start.plusSeconds(30), 0);
    schedules.awaitStatus("back", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(2));

    operator.setClock(start.plusSeconds(5), 0);
    operator.setClock(start.plusSeconds(30), 0);
    operator.setClock(start.plusSeconds(45), 0);

    JsonNode status =
        schedules.awaitStatus(
            "back", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(3));
    assertThat(status.path("recentRuns")).hasSize(3);
    assertThat(schedules.jobs("back"))
        .extracting(Schedules::scheduledAt)
        .isEqualTo(seconds(10, 20, 40));
  }

  @Test
  void whatWasMissedWhileTheOperatorWasAway(ControlPlane own) {
    Schedules here = new Schedules(own);
    List<Instant> due = seconds(100, 200, 300);
    try (RunningOperator before =
        RunningOperator.of(own).withTestClock(start, 0).start().awaitLeading()) {
      String all = "missedRunPolicy: All\nstartingDeadlineSeconds: 86400\n";
      for (String policy : List.of("missedRunPolicy: None\n", "missedRunPolicy: Latest\n", all)) {
        String name = policy.replaceAll("(?s).*Policy: (\\w+).*", "$1").toLowerCase(Locale.ROOT);
        here.createReady(
            name, manifest(name, policy + "concurrencyPolicy: Allow\n" + at(due), "0s"));
      }
      before.stop();
    }
    try (RunningOperator after =
        RunningOperator.of(own).withTestClock(start.plusSeconds(310), 1).start()) {
      after.awaitLeading();
      JsonNode none =
          here.awaitStatus("none", s -> assertThat(s.at("/counts/missed").asInt()).isEqualTo(3));
      assertThat(none.at("/lastSkipped/reason").asText()).isEqualTo("Missed");
      assertThat(here.jobs("none")).isEmpty();
      here.awaitStatus("latest", s -> assertThat(s.at("/counts/missed").asInt()).isEqualTo(2));
      assertThat(here.awaitJobs("latest", 1))
          .extracting(Schedules::scheduledAt)
          .containsExactly(due.get(2));
      assertThat(here.awaitJobs("all", 3)).extracting(Schedules::scheduledAt).isEqualTo(due);
      JsonNode all =
          here.awaitStatus("all", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(3));
      assertThat(all.at("/counts/missed").asInt()).isZero();
    }
  }

  @Test
  void housekeepingGoesOnAfterAClockHasSteppedBack() {
    Instant due = start.plusSeconds(3600);
    schedules.createReady(
        "ttl",
        manifest("ttl", at(List.of(due)), "0s")
            .replace("backoffLimit: 0", "ttlSecondsAfterFinished: 600"));
    schedules.createReady("other", manifest("other", "schedule: '@yearly'", "0s"));
    operator.setClock(due, 1);
    schedules.awaitJobs("ttl", 1);
    schedules.awaitStatus("ttl", s -> assertThat(s.path("recorded")).hasSize(1));
    operator.setClock(start.plusSeconds(590), 0);
    schedules.awaitReady("other");
    operator.setClock(start.plusSeconds(630), 1);

    schedules.awaitJobs("ttl", 0);
  }

  // ---- what the tests share

  private List<Instant> seconds(int... after) {
    return Arrays.stream(after).mapToObj(start::plusSeconds).toList();
  }

  private static void request(String schedule, String value) {
    schedules.annotate(schedule, "scanwarden.io/requested-at=" + value);
  }

  private static Pod awaitPod(String schedule) {
    return await()
        .atMost(Schedules.PATIENCE)
        .until(() -> schedules.pods(schedule), pods -> pods.size() == 1)
        .getFirst();
  }

  private static void awaitQuota(String name) {
    plane
        .kubectl("wait", "--for=jsonpath={.status.hard}", "quota/" + name, "--timeout=30s")
        .orThrow();
  }

  private static boolean isOtherThan(Job first, List<Job> jobs) {
    return jobs.stream()
        .anyMatch(job -> !job.getMetadata().getUid().equals(first.getMetadata().getUid()));
  }

  private static String image(Job job) {
    return job.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage();
  }
}
