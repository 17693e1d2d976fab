package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static io.scanwarden.operator.acceptance.Schedules.scheduledAt;
import static java.time.Duration.ofHours;
import static java.time.Duration.ofMinutes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A CronJob's manifest with apiVersion and kind changed runs as it did. */
@ControlPlaneTest
@NullUnmarked
class CronJobCompatibilityIT {
  private static ControlPlane plane;
  private static RunningOperator operator;
  private static Schedules schedules;

  @BeforeAll
  static void start(ControlPlane shared) {
    plane = shared;
    schedules = new Schedules(plane);
    operator = RunningOperator.of(plane).withTestClock(Instant.now(), 1).start().awaitLeading();
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @BeforeEach
  void now() {
    operator.setClock(Instant.now(), 1);
  }

  @AfterEach
  void clean() {
    schedules.deleteAll();
  }

  @Test
  void theSameManifestMakesTheSameJobs() throws Exception {
    String cronJob =
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: original, labels: {app.kubernetes.io/part-of: audit}}
        spec:
          schedule: "@every 2s"
          concurrencyPolicy: Forbid
          startingDeadlineSeconds: 60
          successfulJobsHistoryLimit: 2
          failedJobsHistoryLimit: 1
          jobTemplate:
            metadata:
              labels: {team: a}
              annotations: {example.com/why: audit}
            spec:
              parallelism: 2
              completions: 2
              backoffLimit: 3
              activeDeadlineSeconds: 600
              template:
                metadata:
                  labels: {team: a}
                  annotations: {dev.scanwarden.io/run-for: 1h}
                spec:
                  restartPolicy: OnFailure
                  automountServiceAccountToken: false
                  containers:
                  - name: scan
                    image: "registry.example.com/scanner:1.4"
                    args: [--all]
                    env: [{name: MODE, value: full}]
                    resources: {requests: {cpu: 0.5, memory: 64Mi}, limits: {cpu: 2, memory: 1.5e8}}
        """;
    plane.apply(cronJob);
    plane.apply(
        cronJob
            .replace("batch/v1", "scanwarden.io/v1alpha1")
            .replace("kind: CronJob", "kind: ScanSchedule")
            .replace("original", "changed"));

    Job theirs =
        await()
            .atMost(Schedules.PATIENCE)
            .until(() -> byPrefix("original-"), jobs -> !jobs.isEmpty())
            .getFirst();
    Job ours = schedules.awaitJobs("changed", jobs -> !jobs.isEmpty()).getFirst();
    plane.kubectl("delete", "cronjob", "original").orThrow();

    assertThat(comparable(ours)).isEqualTo(comparable(theirs));
    assertThat(
            ours.getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst()
                .getResources()
                .getRequests()
                .get("cpu"))
        .hasToString("500m");
    assertThat(ours.getMetadata().getLabels()).containsEntry("team", "a");
    assertThat(ours.getMetadata().getLabels()).doesNotContainKey("app.kubernetes.io/part-of");
    assertThat(ours.getMetadata().getAnnotations()).containsEntry("example.com/why", "audit");
    assertThat(ours.getMetadata().getName())
        .isEqualTo("changed-" + scheduledAt(ours).getEpochSecond());
    assertThat(ours.getMetadata().getOwnerReferences())
        .singleElement()
        .satisfies(
            owner -> {
              assertThat(owner.getKind()).isEqualTo("ScanSchedule");
              assertThat(owner.getController()).isTrue();
            });
  }

  @Test
  void allowRunsSeveralAtOnce() {
    schedules.create(manifest("allow", "schedule: '@every 1s'\nconcurrencyPolicy: Allow", "1h"));

    List<Job> jobs = schedules.awaitJobs("allow", found -> found.size() >= 3);

    assertThat(jobs).noneMatch(Schedules::isFinished);
    assertThat(jobs).extracting(Schedules::scheduledAt).doesNotHaveDuplicates();
    schedules.awaitStatus("allow", s -> assertThat(s.path("running").asInt()).isGreaterThan(2));
  }

  @Test
  void forbidDropsWhatIsDueMeanwhile() {
    schedules.create(manifest("forbid", "schedule: '@every 1s'\nconcurrencyPolicy: Forbid", "4s"));
    // A ScanSchedule that says nothing forbids too: scans do not pile up.
    schedules.create(manifest("silent", "schedule: '@every 1s'", "4s"));

    for (String name : List.of("forbid", "silent")) {
      List<Job> jobs =
          schedules.awaitJobs(
              name, found -> found.size() >= 2 && Schedules.isFinished(found.getFirst()));
      JsonNode status =
          schedules.awaitStatus(
              name, s -> assertThat(s.at("/counts/skipped").asInt()).isGreaterThan(2));

      Instant firstEnd = Instant.parse(jobs.get(0).getStatus().getCompletionTime());
      // Nothing that was dropped starts late. Job times have whole seconds.
      assertThat(scheduledAt(jobs.get(1))).isAfterOrEqualTo(firstEnd);
      assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("PreviousRunActive");
      // An Event per change of the reason, none per tick.
      assertThat(schedules.events(name))
          .filteredOn(event -> event.startsWith("PreviousRunActive:"))
          .hasSizeBetween(1, schedules.jobs(name).size());
    }
  }

  @Test
  void replaceStartsWhenTheOldPodsAreGone() {
    try (Order order = new Order(plane)) {
      schedules.create(
          manifest(
              "replace", "schedule: '@every 5s'\nconcurrencyPolicy: Replace", "1h", "0", "3s"));
      Job old = schedules.awaitJobs("replace", 1).getFirst();
      String pod =
          await()
              .atMost(Schedules.PATIENCE)
              .until(() -> schedules.pods("replace"), pods -> pods.size() == 1)
              .getFirst()
              .getMetadata()
              .getName();

      schedules.awaitStatus(
          "replace",
          s ->
              assertThat(s.path("active").toString())
                  .contains("\"state\":\"Queued\"")
                  .contains("\"reason\":\"WaitingForTermination\""));
      Job next =
          schedules
              .awaitJobs(
                  "replace",
                  jobs -> jobs.stream().noneMatch(j -> uid(j).equals(uid(old))) && !jobs.isEmpty())
              .getFirst();

      order.assertJobAfterPod(next.getMetadata().getName(), pod);
      JsonNode status =
          schedules.awaitStatus(
              "replace", s -> assertThat(s.at("/counts/replaced").asInt()).isPositive());
      assertThat(status.path("recentRuns").toString()).contains("\"result\":\"Replaced\"");
      schedules.awaitEvent("replace", "RunReplaced");
    }
  }

  @Test
  void aTimeZoneIsThatOfTheSchedule() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    // Before the change to summer time or after it, 04:30 exists, once.
    schedules.createReady(
        "berlin", manifest("berlin", "schedule: '30 4 * * *'\ntimeZone: Europe/Berlin", "0s"));
    JsonNode utc = schedules.createReady("utc", manifest("utc", "schedule: '30 4 * * *'", "0s"));
    Instant due = next(ZonedDateTime.now(berlin), LocalTime.of(4, 30));

    assertThat(Instant.parse(utc.at("/nextScheduleTimes/0").asText()))
        .isEqualTo(next(ZonedDateTime.now(ZoneId.of("UTC")), LocalTime.of(4, 30)));
    operator.setClock(due.minusMillis(200), 1);

    assertThat(scheduledAt(schedules.awaitJobs("berlin", 1).getFirst())).isEqualTo(due);
    assertThat(schedules.jobs("utc"))
        .as("an hour or two later, or earlier today")
        .noneMatch(job -> scheduledAt(job).equals(due));
  }

  @Test
  void whatIsLaterThanItsDeadlineIsMissed() {
    Instant due = fullHour(2);
    schedules.createReady(
        "short", manifest("short", "schedule: '@hourly'\nstartingDeadlineSeconds: 60", "0s"));
    schedules.createReady(
        "long", manifest("long", "schedule: '@hourly'\nstartingDeadlineSeconds: 900", "0s"));

    operator.setClock(due.plus(ofMinutes(10)), 1);

    JsonNode status =
        schedules.awaitStatus(
            "short", s -> assertThat(s.at("/counts/missed").asInt()).isPositive());
    assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("DeadlineExceeded");
    assertThat(status.at("/lastSkipped/message").asText()).contains("startingDeadlineSeconds, 60");
    assertThat(schedules.jobs("short")).isEmpty();
    assertThat(scheduledAt(schedules.awaitJobs("long", 1).getFirst())).isEqualTo(due);
  }

  @Test
  void historyLimitsKeepTheNewest() {
    schedules.create(
        manifest(
            "good",
            "schedule: '@every 1s'\nsuccessfulJobsHistoryLimit: 2\nconcurrencyPolicy: Allow",
            "0s"));
    schedules.create(
        manifest("bad", "schedule: '@every 1s'\nconcurrencyPolicy: Allow", "0s", "1", "0s"));
    schedules.create(
        manifest(
            "none",
            "schedule: '@every 1s'\nsuccessfulJobsHistoryLimit: 0\nconcurrencyPolicy: Allow",
            "0s"));
    for (String name : List.of("good", "none")) {
      schedules.awaitStatus(
          name, s -> assertThat(s.at("/counts/succeeded").asInt()).isGreaterThan(3));
    }
    schedules.awaitStatus("bad", s -> assertThat(s.at("/counts/failed").asInt()).isGreaterThan(3));
    for (String name : List.of("good", "bad", "none")) {
      schedules.patch(name, "{\"spec\":{\"suspend\":true}}");
    }

    List<Job> kept = settled("good", 2);
    assertThat(kept).extracting(this::conditionType).containsOnly("Complete");
    assertThat(settled("bad", 1)).extracting(this::conditionType).containsOnly("Failed");
    settled("none", 0);
    JsonNode status = schedules.status("good");
    assertThat(status.at("/recentRuns/0/name").asText())
        .isEqualTo(kept.getLast().getMetadata().getName());
    assertThat(status.at("/recentRuns/1/name").asText())
        .isEqualTo(kept.getFirst().getMetadata().getName());
    assertThat(schedules.status("bad").path("lastResult").asText()).isEqualTo("Failed");
    assertThat(Schedules.condition(schedules.status("bad"), "Ready").path("status").asText())
        .as("results never make a schedule unready")
        .isEqualTo("True");
  }

  @Test
  void suspendStopsAndResumeMakesUpForNothing() {
    schedules.create(manifest("beacon", "schedule: '@every 1s'", "0s"));
    schedules.create(manifest("paused", "schedule: '@every 1s'\nconcurrencyPolicy: Allow", "0s"));
    schedules.awaitJobs("paused", jobs -> !jobs.isEmpty());
    schedules.patch("paused", "{\"spec\":{\"suspend\":true}}");
    JsonNode suspended =
        schedules.awaitStatus(
            "paused",
            s ->
                assertThat(Schedules.condition(s, "Ready").path("reason").asText())
                    .isEqualTo("Suspended"));
    String last = suspended.path("lastScheduleTime").asText();
    assertThat(suspended.path("nextScheduleTimes")).isEmpty();

    schedules.awaitBeats("beacon", 2);
    Instant resumed = Instant.now();
    schedules.patch("paused", "{\"spec\":{\"suspend\":false}}");

    JsonNode status =
        schedules.awaitStatus(
            "paused", s -> assertThat(s.path("lastScheduleTime").asText()).isNotEqualTo(last));
    assertThat(status.path("recentRuns"))
        .extracting(run -> run.path("scheduledTime").asText())
        .allMatch(time -> time.compareTo(last) <= 0 || !Instant.parse(time).isBefore(resumed));
  }

  @Test
  void ttlSecondsAfterFinishedIsKept() {
    Instant due =
        ZonedDateTime.now(ZoneId.of("UTC"))
            .plusYears(1)
            .with(TemporalAdjusters.firstDayOfYear())
            .truncatedTo(ChronoUnit.DAYS)
            .toInstant();
    // Jobs end in real time: this one long before it is due by the operator's clock.
    long ttl = Duration.between(Instant.now(), due).plus(ofHours(1)).toSeconds();
    schedules.createReady(
        "ttl",
        manifest("ttl", "schedule: '@yearly'", "0s")
            .replace("backoffLimit: 0", "ttlSecondsAfterFinished: " + ttl));
    operator.setClock(due, 1);
    Job job = schedules.awaitJobs("ttl", 1).getFirst();
    schedules.awaitStatus("ttl", s -> assertThat(s.path("recorded").toString()).contains(uid(job)));
    Instant expiry =
        Instant.parse(plane.admin().resource(job).get().getStatus().getCompletionTime())
            .plusSeconds(ttl);

    // The operator applies it, after it has recorded the result: the Job itself has none.
    assertThat(job.getSpec().getTtlSecondsAfterFinished()).isNull();
    operator.setClock(expiry.minusSeconds(10), 0);
    schedules.createReady("other", manifest("other", "schedule: '@yearly'", "0s"));
    assertThat(schedules.jobs("ttl")).hasSize(1);
    operator.setClock(expiry, 1);

    schedules.awaitJobs("ttl", 0);
    assertThat(schedules.status("ttl").at("/counts/succeeded").asInt()).isEqualTo(1);
  }

  // ---- what the tests share

  private static Instant next(ZonedDateTime now, LocalTime time) {
    ZonedDateTime today = now.with(time);
    return (today.isAfter(now) ? today : today.plusDays(1)).toInstant();
  }

  /** The n-th full hour from now on, in UTC. */
  private static Instant fullHour(int n) {
    long hour = ofHours(1).toSeconds();
    return Instant.ofEpochSecond((Instant.now().getEpochSecond() / hour + n) * hour);
  }

  private static List<Job> settled(String schedule, int count) {
    return schedules.awaitJobs(
        schedule, jobs -> jobs.size() == count && jobs.stream().allMatch(Schedules::isFinished));
  }

  private String conditionType(Job job) {
    return job.getStatus().getConditions().getLast().getType();
  }

  private static String uid(Job job) {
    return job.getMetadata().getUid();
  }

  private static List<Job> byPrefix(String prefix) {
    return plane
        .admin()
        .batch()
        .v1()
        .jobs()
        .inNamespace(plane.namespace())
        .list()
        .getItems()
        .stream()
        .filter(job -> job.getMetadata().getName().startsWith(prefix))
        .toList();
  }

  /** A Job's spec without what differs between any two Jobs, and without our labels. */
  private static JsonNode comparable(Job job) throws Exception {
    ObjectNode spec = new ObjectMapper().valueToTree(job.getSpec());
    spec.remove("selector");
    ObjectNode labels = (ObjectNode) spec.at("/template/metadata/labels");
    labels.remove(
        List.of(
            "controller-uid",
            "job-name",
            "batch.kubernetes.io/controller-uid",
            "batch.kubernetes.io/job-name",
            Schedules.SCHEDULE));
    return spec;
  }
}
