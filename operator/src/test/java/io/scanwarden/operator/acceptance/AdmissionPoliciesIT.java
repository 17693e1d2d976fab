package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.Output;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What {@code operator/manifests/admission-policies.yaml} refuses to a tenant who may edit
 * everything in his namespace, to the operator in a term that is over, and what it leaves alone.
 */
@ControlPlaneTest
@NullUnmarked
class AdmissionPoliciesIT {
  private static final String TENANT = "tenant";
  private static final String OPERATOR = "system:serviceaccount:scanwarden-system:scanwarden";
  private static final String POOL = "labels: {scanwarden.io/pool: nightly}";
  private static final String QUEUED =
      "labels: {scanwarden.io/pool: nightly, scanwarden.io/queued: 'true'}";
  private static final String OWNER =
      "ownerReferences: [{apiVersion: scanwarden.io/v1alpha1, kind: ScanSchedule, name: audit,"
          + " uid: '%s', controller: true, blockOwnerDeletion: true}]";
  private static final String A_RUN =
      "labels: {scanwarden.io/schedule: audit}, annotations: {scanwarden.io/term: '%d'}, " + OWNER;

  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'");

  private ControlPlane plane;
  private SoftAssertions softly;

  @BeforeEach
  void install(ControlPlane controlPlane) {
    plane = controlPlane;
    softly = new SoftAssertions();
    RunningOperator.install(plane);
    for (String user : List.of(TENANT, OPERATOR)) {
      plane
          .kubectl(
              "create",
              "rolebinding",
              user.replace(":", "."),
              "--clusterrole=edit",
              "--user=" + user)
          .orThrow();
    }
    lease(7);
    inForce();
  }

  @Test
  void whatATenantMayNotCreate() {
    refusedToCreate(
        POOL + ", " + OWNER.formatted("1"),
        "metadata.ownerReferences: ScanSchedule audit is the controller: only Scanwarden creates"
            + " runs of a ScanSchedule. To run it now, annotate it with scanwarden.io/requested-at");
    refusedToCreate(
        "labels: {scanwarden.io/schedule: audit, scanwarden.io/pool: nightly}",
        "metadata.labels: scanwarden.io/schedule=audit: only Scanwarden sets this; allowed are"
            + " scanwarden.io/pool and scanwarden.io/pool-namespace");
    refusedToCreate(
        QUEUED,
        "metadata.labels: scanwarden.io/queued is only allowed with scanwarden.io/pool and"
            + " spec.suspend: true; leave it out, Scanwarden sets it");
    refusedToCreate(
        POOL.replace("}", ", scanwarden.io/target: eu}"),
        "metadata.labels: scanwarden.io/target=eu: only Scanwarden sets this");
    for (String annotation : List.of("term", "admitted-at", "trigger", "scheduled-at", "attempt")) {
      refusedToCreate(
          POOL + ", annotations: {scanwarden.io/" + annotation + ": '1'}",
          "metadata.annotations: scanwarden.io/%s: only Scanwarden sets this; leave it out"
              .formatted(annotation));
    }
    refusedToCreate(
        POOL,
        "",
        "labels: {scanwarden.io/pool: other}",
        "spec.template.metadata.labels: scanwarden.io/pool=other: allowed is only what"
            + " metadata.labels of the Job has; leave it out");
    refused(
        create(TENANT, POOL.replace("}", ", kueue.x-k8s.io/queue-name: team}"), "", ""),
        "metadata.labels: scanwarden.io/pool=nightly and kueue.x-k8s.io/queue-name=team: a Job"
            + " waits in one queue only; leave one of them out");
    softly.assertAll();
  }

  @Test
  void whatATenantMayCreate() {
    create(TENANT, "", "", "").orThrow();
    create(TENANT, "labels: {team: a}, annotations: {note: b}", "", "labels: {team: a}").orThrow();
    create(TENANT, POOL, "parallelism: 3", "").orThrow();
    create(TENANT, POOL, "suspend: true", POOL).orThrow();
    create(TENANT, QUEUED, "suspend: true", POOL).orThrow();
    create(TENANT, POOL.replace("}", ", scanwarden.io/pool-namespace: scans}"), "", "").orThrow();
    create(TENANT, "labels: {kueue.x-k8s.io/queue-name: team}", "", "").orThrow();
  }

  @Test
  void aCronJobMayHaveThePoolsLabelOnItsJobs() {
    plane.apply(
        """
        apiVersion: batch/v1
        kind: CronJob
        metadata: {name: nightly}
        spec:
          schedule: "* * * * *"
          suspend: true
          jobTemplate:
            metadata: {labels: {scanwarden.io/pool: nightly}}
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: scan, image: scan}]}}}
        """);

    as(TENANT, "create", "job", "now", "--from=cronjob/nightly").orThrow();

    assertThat(job("now").getMetadata().getLabels()).containsEntry("scanwarden.io/pool", "nightly");
  }

  @Test
  void whatATenantMayNotChangeOnAQueuedJob() {
    String queued = created(TENANT, QUEUED, "suspend: true", POOL);
    String ours = ": only Scanwarden adds, changes or removes this";

    refusedToChange(
        queued,
        "spec: {suspend: false}",
        "spec.suspend: false: the Job waits in WorkerPool nightly, and only Scanwarden starts it,"
            + " when it is its turn");
    refusedToChange(
        queued,
        "metadata: {labels: {scanwarden.io/queued: null}}",
        "metadata.labels: scanwarden.io/queued" + ours);
    // Two policies refuse this, and either may be heard.
    softly
        .assertThat(change(TENANT, queued, admitted(7)).stderr())
        .contains("(Forbidden)", "denied request: ");
    refusedToChange(
        queued,
        "metadata: {labels: {scanwarden.io/pool: other}}",
        "metadata.labels: scanwarden.io/pool" + ours);
    refusedToChange(
        queued,
        "metadata: {labels: {scanwarden.io/pool: null}}",
        "metadata.labels: scanwarden.io/pool" + ours);
    refusedToChange(
        queued,
        "metadata: {labels: {scanwarden.io/pool-namespace: other}}",
        "metadata.labels: scanwarden.io/pool-namespace: too late for an existing Job; it joins a"
            + " pool only if it is created with the label");
    refusedToChange(
        queued,
        "metadata: {annotations: {scanwarden.io/admitted-at: '2020-01-01T00:00:00Z'}}",
        "metadata.annotations: scanwarden.io/admitted-at" + ours);
    refusedToChange(
        queued,
        "spec: {template: {metadata: {labels: {scanwarden.io/pool: null}}}}",
        "spec.template.metadata.labels: scanwarden.io/pool" + ours);
    refusedToChange(
        queued,
        "spec: {template: {metadata: {labels: {scanwarden.io/schedule: audit}}}}",
        "spec.template.metadata.labels: scanwarden.io/schedule" + ours);
    softly.assertAll();
  }

  @Test
  void whatATenantMayChangeOnAQueuedJob() {
    String queued = created(TENANT, QUEUED, "suspend: true", POOL);

    change(TENANT, queued, "spec: {parallelism: 4}").orThrow();
    change(TENANT, queued, "spec: {template: {metadata: {labels: {team: a}}}}").orThrow();
    as(TENANT, "label", "job", queued, "team=a").orThrow();
    as(TENANT, "annotate", "job", queued, "note=b").orThrow();
    as(TENANT, "delete", "job", queued, "--cascade=foreground", "--timeout=30s").orThrow();
  }

  @Test
  void aStartedJobKeepsItsPoolAndItsSlots() {
    String started = created(TENANT, POOL, "parallelism: 2, completions: 5", "");
    String more =
        "spec.parallelism, spec.completions: %d Pods at once: the Job has started in WorkerPool"
            + " nightly with 2, and may have fewer, but not more";

    refusedToChange(started, "spec: {parallelism: 3}", more.formatted(3));
    refusedToChange(started, "spec: {parallelism: 9}", more.formatted(5));
    refusedToChange(
        started,
        "metadata: {labels: {scanwarden.io/queued: 'true'}}",
        "metadata.labels: scanwarden.io/queued: only Scanwarden adds, changes or removes this");
    refused(
        change(TENANT, started, "metadata: {labels: {kueue.x-k8s.io/queue-name: team}}"),
        "metadata.labels: scanwarden.io/pool=nightly and kueue.x-k8s.io/queue-name=team: a Job"
            + " waits in one queue only; leave one of them out");
    softly.assertAll();
    change(TENANT, started, "spec: {parallelism: 1}").orThrow();
    // The webhook does this, in the tenant's name, to a Job that is resumed.
    change(
            TENANT,
            started,
            "metadata: {labels: {scanwarden.io/queued: 'true'}}\nspec: {suspend: true}")
        .orThrow();
  }

  @Test
  void anExistingJobJoinsNoPoolAndNoSchedule() {
    String own = created(TENANT, "", "suspend: true", "");

    refusedToChange(
        own,
        "metadata: {labels: {scanwarden.io/pool: nightly}}",
        "metadata.labels: scanwarden.io/pool: too late for an existing Job; it joins a pool only if"
            + " it is created with the label");
    refusedToChange(
        own,
        "metadata: {labels: {scanwarden.io/schedule: audit}}",
        "metadata.labels: scanwarden.io/schedule: only Scanwarden adds");
    refusedToChange(
        own,
        "metadata: {labels: {scanwarden.io/schedule: audit}, " + OWNER.formatted("1") + "}",
        "metadata.ownerReferences: ScanSchedule audit is made the controller: only Scanwarden"
            + " creates runs of a ScanSchedule. To run it now, annotate it with"
            + " scanwarden.io/requested-at");
    softly.assertAll();
    change(TENANT, own, "spec: {suspend: false}").orThrow();
    change(TENANT, own, "spec: {suspend: true}").orThrow();
    change(TENANT, own, "spec: {parallelism: 7}").orThrow();
  }

  @Test
  void aJobWithoutTheLabelOfItsScheduleIsNoRunWhateverElseItSays() {
    plane.kubectl("delete", "lease", "scanwarden").orThrow();
    Schedules schedules = new Schedules(plane);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    Instant due = now.plusSeconds(600);
    try (RunningOperator operator =
        RunningOperator.of(plane).withTestClock(now, 0).start().awaitLeading()) {
      schedules.createReady("audit", Schedules.manifest("audit", Schedules.at(List.of(due)), "0s"));
      String uid = schedules.get("audit").at("/metadata/uid").asText();
      String name = "audit-" + due.getEpochSecond();
      String run =
          "name: %s, annotations: {scanwarden.io/scheduled-at: '%s', scanwarden.io/trigger: At}, "
              .formatted(name, due);
      create(TENANT, run + OWNER.formatted(uid), "", "").orThrow();

      operator.setClock(due, 1);

      JsonNode status =
          schedules.awaitStatus(
              "audit", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
      assertThat(status.at("/counts/skipped").asInt()).isZero();
      assertThat(status.path("running").asInt()).isZero();
      assertThat(schedules.jobs("audit"))
          .singleElement()
          .satisfies(job -> assertThat(job.getMetadata().getName()).isNotEqualTo(name));
      assertThat(Schedules.isFinished(job(name))).isFalse();
    }
  }

  @Test
  void aRunStaysWhatItIsAndItsTenantMaySuspendResumeAndDeleteIt() {
    String run = created(OPERATOR, A_RUN.formatted(7, schedule()), "", "");

    refusedToChange(
        run,
        "metadata: {labels: {scanwarden.io/schedule: other}}",
        "metadata.labels: scanwarden.io/schedule: only Scanwarden adds, changes or removes this");
    refusedToChange(
        run,
        "metadata: {annotations: {scanwarden.io/term: null}}",
        "metadata.annotations: scanwarden.io/term: only Scanwarden adds, changes or removes this");
    refusedToChange(
        run,
        "metadata: {" + OWNER.formatted("2") + "}",
        "metadata.ownerReferences: ScanSchedule audit is made the controller");
    softly.assertAll();
    as(TENANT, "label", "job", run, "team=a").orThrow();
    change(TENANT, run, "spec: {suspend: true}").orThrow();
    change(TENANT, run, "spec: {suspend: false}").orThrow();
    as(TENANT, "delete", "job", run, "--cascade=orphan", "--timeout=30s").orThrow();
  }

  @Test
  void theGarbageCollectorOrphansAndDeletesRuns() {
    String orphan = created(OPERATOR, A_RUN.formatted(7, schedule()), "", "");

    as(TENANT, "patch", "job", orphan, "--type=merge", "-p", "{\"metadata\":{\"labels\":{}}}")
        .orThrow();
    plane.kubectl("delete", "scansched", "audit", "--cascade=orphan", "--timeout=30s").orThrow();
    assertThat(job(orphan).getMetadata().getOwnerReferences()).isEmpty();

    String child = created(OPERATOR, A_RUN.formatted(7, schedule()), "", "");
    plane
        .kubectl("delete", "scansched", "audit", "--cascade=foreground", "--timeout=30s")
        .orThrow();
    assertThat(job(child)).isNull();
    plane.kubectl("delete", "job", orphan, "--cascade=foreground", "--timeout=30s").orThrow();
  }

  // ---- the term

  @Test
  void aStartOfAnOldTermIsRefusedAsSoonAsLeadershipHasMoved() {
    String queued = created(TENANT, QUEUED, "suspend: true", "");
    String old =
        "metadata.annotations: scanwarden.io/term=7: the term of Lease " + plane.namespace();
    String uid = schedule();
    create(OPERATOR, A_RUN.formatted(7, uid), "", "").orThrow();

    lease(8);

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(create(OPERATOR, A_RUN.formatted(7, uid), "", "").stderr())
                    .contains(old + "/scanwarden is 8; another operator leads since"));
    refused(change(OPERATOR, queued, admitted(7)), old + "/scanwarden is 8");
    refused(
        create(OPERATOR, A_RUN.formatted(7, uid).replaceAll("annotations: \\{.*?}, ", ""), "", ""),
        "metadata.annotations: scanwarden.io/term=: the term of Lease");
    softly.assertAll();
    change(OPERATOR, queued, admitted(8)).orThrow();
    String run = created(OPERATOR, A_RUN.formatted(8, uid), "", "");

    // What is no start is nobody's term.
    lease(9);
    change(OPERATOR, run, "metadata: {labels: {team: a}}").orThrow();
    as(TENANT, "delete", "job", run, queued, "--cascade=foreground", "--timeout=30s").orThrow();
  }

  @Test
  void aLeaseThatIsMissingOrNotFollowedSaysNothing() {
    String run = A_RUN.formatted(6, "1");

    lease(7, Instant.now().minusSeconds(10));
    awaitCreation(run, false);
    lease(7, Instant.now().minusSeconds(70));
    awaitCreation(run, true);
    lease(7, Instant.now());
    awaitCreation(run, false);
    plane.kubectl("delete", "lease", "scanwarden").orThrow();
    awaitCreation(run, true);

    create(TENANT, POOL, "", "").orThrow();
    String queued = created(TENANT, QUEUED, "suspend: true", "");
    as(TENANT, "label", "job", queued, "team=a").orThrow();
    as(TENANT, "delete", "job", queued, "--cascade=foreground", "--timeout=30s").orThrow();
  }

  private void awaitCreation(String run, boolean accepted) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(create(OPERATOR, run, "", "").exitCode() == 0).isEqualTo(accepted));
  }

  @Test
  void theOperatorTakesARefusalOfItsTermAsNotStarted() {
    plane.kubectl("delete", "lease", "scanwarden").orThrow();
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator =
        RunningOperator.of(plane)
            .withLease(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(5))
            .start()
            .awaitLeading()) {
      schedules.createReady(
          "second",
          Schedules.manifest(
              "second",
              "triggers: [{every: 1s}]\nconcurrencyPolicy: Allow\nsuccessfulJobsHistoryLimit: 100",
              "100ms"));
      await().atMost(PATIENCE).until(() -> !schedules.jobs("second").isEmpty());
      double before = operator.metric("scanwarden_term_refusals_total");

      // It learns of the new term when it renews, which it does every five seconds.
      plane
          .kubectl(
              "patch",
              "lease",
              "scanwarden",
              "--type=merge",
              "-p",
              "{\"spec\":{\"leaseTransitions\":41}}")
          .orThrow();

      await()
          .atMost(PATIENCE)
          .until(
              () ->
                  schedules.jobs("second").stream().filter(job -> term(job).equals("41")).count()
                      > 2);
      assertThat(operator.metric("scanwarden_term_refusals_total")).isGreaterThan(before);
      JsonNode status = schedules.awaitReady("second");
      assertThat(Schedules.condition(status, "Stalled").isMissingNode()).isTrue();
      for (String field : List.of("missed", "skipped", "rejected", "expired")) {
        assertThat(status.path("counts").path(field).asInt()).as(field).isZero();
      }
      List<Instant> instants =
          schedules.jobs("second").stream().map(Schedules::scheduledAt).toList();
      assertThat(Duration.between(instants.getFirst(), instants.getLast()).toSeconds())
          .as("seconds without a Job")
          .isEqualTo(instants.size() - 1);
    }
  }

  private static String term(Job job) {
    return job.getMetadata().getAnnotations().get("scanwarden.io/term");
  }

  private static String admitted(long term) {
    return """
        metadata:
          labels: {scanwarden.io/queued: null}
          annotations: {scanwarden.io/term: '%d'}
        spec: {suspend: false}
        """
        .formatted(term);
  }

  // ---- who does what

  /** Each policy has been seen by the API server: one that was made just now takes a second. */
  private void inForce() {
    String run = A_RUN.formatted(6, "1");
    String queued = created(TENANT, QUEUED, "suspend: true", "");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(create(TENANT, run, "", "").exitCode()).isNotZero();
              assertThat(create(OPERATOR, run, "", "").exitCode()).isNotZero();
              assertThat(tryToStart(OPERATOR, queued).exitCode()).isNotZero();
              assertThat(tryToStart(TENANT, queued).exitCode()).isNotZero();
            });
    plane.kubectl("delete", "jobs", "--all").orThrow();
  }

  private void lease(int term) {
    lease(term, Instant.now());
  }

  private void lease(int term, Instant renewed) {
    plane.apply(
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: scanwarden}
        spec: {leaseTransitions: %d, renewTime: "%s"}
        """
            .formatted(term, MICROS.format(renewed.atOffset(ZoneOffset.UTC))));
  }

  /** Makes a schedule that is never due; returns its UID. */
  private String schedule() {
    plane.apply(Schedules.manifest("audit", "suspend: true\ntriggers: [{every: 1h}]", "0s"));
    return new Schedules(plane).get("audit").at("/metadata/uid").asText();
  }

  private void refusedToCreate(String metadata, String message) {
    refusedToCreate(metadata, "", "", message);
  }

  private void refusedToCreate(String metadata, String spec, String podMetadata, String message) {
    Output answer = create(TENANT, metadata, spec, podMetadata);
    refused(answer, message);
    softly.assertThat(answer.stderr()).as(metadata).contains("(Forbidden)");
  }

  private void refusedToChange(String job, String change, String message) {
    Output answer = change(TENANT, job, change);
    refused(answer, message);
    softly.assertThat(answer.stderr()).as(change).contains("(Forbidden)");
  }

  private void refused(Output answer, String message) {
    softly.assertThat(answer.exitCode()).as(message).isNotZero();
    softly.assertThat(answer.stderr()).contains("denied request: " + message);
  }

  private String created(String user, String metadata, String spec, String podMetadata) {
    return create(user, metadata, spec, podMetadata)
        .orThrow()
        .stdout()
        .strip()
        .replaceFirst("^job.batch/", "");
  }

  private Output create(String user, String metadata, String spec, String podMetadata) {
    String job =
        """
        {apiVersion: batch/v1, kind: Job, metadata: {generateName: scan-, %s}, spec: {%s
         template: {metadata: {annotations: {dev.scanwarden.io/run-for: 1h}, %s},
          spec: {restartPolicy: Never, containers: [{name: scan, image: scan}]}}}}
        """
            .formatted(metadata, spec.isEmpty() ? "" : spec + ",", podMetadata);
    return plane.kubectlWithInput(job, "create", "--as=" + user, "-f", "-", "-o", "name");
  }

  private Output change(String user, String job, String patch) {
    return as(user, "patch", "job", job, "--type=merge", "-p", patch);
  }

  private Output tryToStart(String user, String job) {
    return as(user, "patch", "job", job, "--type=merge", "-p", admitted(6), "--dry-run=server");
  }

  private Output as(String user, String... arguments) {
    String[] all = new String[arguments.length + 1];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--as=" + user;
    return plane.kubectl(all);
  }

  private Job job(String name) {
    return plane.admin().batch().v1().jobs().inNamespace(plane.namespace()).withName(name).get();
  }
}
