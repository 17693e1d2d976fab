package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.Backfill;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/**
 * What a leader makes of what it finds, and what it holds back until a status says so; the rest is
 * left to {@link SimulationTest}. Times are seconds; the schedule is due every ten, and somebody
 * leads since 35.
 */
@NullUnmarked
class ScheduleStateTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private final ConcurrencyGroups groups = new ConcurrencyGroups(k -> {});
  private final List<String> told = new ArrayList<>();
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final ScheduleState state =
      new ScheduleState(
          new ScheduleKey("ns", "scan"),
          new Telemetry((r, t, reason, a, m) -> told.add(reason), new Metrics(metrics)),
          groups,
          NoPools.turns(),
          QuotaTurns.UNLIMITED);
  private long version = 50;
  private String backfill;
  private final Map<String, String> annotations = new HashMap<>();
  private boolean terminating;

  /**
   * An earlier leader dropped 10, started 20 and reported neither. The first status that records 20
   * lets it be deleted; were 10 still waiting in it, the leader after next would start 10.
   */
  @Test
  void whatWasOvertakenIsDroppedBeforeAnyStatusRecordsWhatOvertookIt() throws IOException {
    edit(35, 2, "");
    state.listed(Runs.finished(20, Run.Phase.SUCCEEDED), at(35));
    lead(
        """
        {"observedGeneration": 1, "cursor": "1970-01-01T00:00:30Z",
         "active": [{"state": "Queued", "trigger": "Every",
                     "scheduledTime": "1970-01-01T00:00:10Z"}]}""");
    step(35);

    ScanScheduleStatus reported = state.report(at(35)).orElseThrow().status();

    assertThat(reported.recorded()).containsExactly(Runs.uid(20));
    assertThat(reported.queued()).isZero();
    assertThat(reported.counts().skipped()).isEqualTo(1);
  }

  /** The next leader would take a generation that no status knows for a new one, and begin anew. */
  @Test
  void aGenerationIsReportedBeforeItsFirstFire() throws IOException {
    edit(35, 1, "");
    state.lead(Runs.SCHEDULE_UID, Optional.empty(), at(35));

    assertThat(step(40)).as("never seen before").isEmpty();
    report(40);
    assertThat(step(41)).containsExactly("create scan-40");
    report(41);

    edit(45, 2, "\"concurrencyPolicy\":\"Allow\",");
    assertThat(step(50)).as("edited").isEmpty();
    report(50);
    assertThat(step(51)).containsExactly("create scan-50");
  }

  /**
   * A status says of instants what holds as of its cursor; a Job that an earlier leader created
   * behind its last report is counted when the cursor has come there.
   */
  @Test
  void aNewLeaderReportsNothingBeforeItHasDecided() throws IOException {
    edit(35, 1, "");
    state.listed(Runs.finished(20, Run.Phase.SUCCEEDED), at(35));
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:10Z\"}");

    assertThat(state.wantsReport()).isFalse();
    assertThat(state.report(at(35))).isEmpty();

    assertThat(step(35)).containsExactly("create scan-30");
    ScanScheduleStatus reported = state.report(at(35)).orElseThrow().status();
    assertThat(reported.cursor()).isEqualTo("1970-01-01T00:00:30Z");
    assertThat(reported.counts().succeeded()).isEqualTo(1);
  }

  /** Without its Job, and behind the cursor, the instant would be started again. */
  @Test
  void aRecordedJobAheadOfTheCursorIsKeptUntilTheCursorHasPassedIt() throws IOException {
    edit(35, 1, "\"successfulJobsHistoryLimit\":0,");
    state.listed(Runs.finished(20, Run.Phase.SUCCEEDED), at(35));
    lead(
        """
        {"observedGeneration": 1, "cursor": "1970-01-01T00:00:10Z", "recorded": ["uid-20"]}""");

    assertThat(step(35)).containsExactly("create scan-30");
    report(35);
    assertThat(step(36)).containsExactly("delete scan-20");
  }

  @Test
  void whoCouldNotStartDoesNotKeepOthersFromTheirGroup() throws IOException {
    ConcurrencyGroups.Group group = new ConcurrencyGroups.Group("ns", "account");
    ScheduleKey first = new ScheduleKey("ns", "first");
    ScheduleKey third = new ScheduleKey("ns", "third");
    groups.hold(group, first);
    edit(35, 1, "\"concurrencyPolicy\":\"Queue\",\"concurrencyGroup\":\"account\",");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    assertThat(step(40)).isEmpty();
    assertThat(report(40).active().getFirst().reason()).isEqualTo("ConcurrencyGroupBusy");
    groups.leave(group, first);
    assertThat(groups.mayEnter(group, third, at(41))).isFalse();

    edit(41, 2, "\"concurrencyPolicy\":\"Queue\",\"concurrencyGroup\":\"account\",");
    step(41);
    assertThat(groups.mayEnter(group, third, at(41))).as("not reported yet").isTrue();

    report(42);
    assertThat(step(43)).containsExactly("create scan-40");
    assertThat(groups.mayEnter(group, third, at(43))).isFalse();
  }

  /** Some finalizers take for ever; nothing of its runs is started meanwhile. */
  @Test
  void whoIsBeingDeletedStandsInNobodysWay() throws IOException {
    ConcurrencyGroups.Group group = new ConcurrencyGroups.Group("ns", "account");
    ScheduleKey other = new ScheduleKey("ns", "other");
    String spec = "\"concurrencyGroup\":\"account\",\"retry\":{\"limit\":1,\"backoff\":\"1h\"},";
    edit(35, 1, spec);
    state.listed(Runs.active(30), at(35));
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    step(35);
    report(35);
    terminating = true;

    state.job(Runs.finished(30, Run.Phase.FAILED), at(36));
    step(36);
    assertThat(groups.mayEnter(group, other, at(36))).as("in backoff").isFalse();

    edit(37, 2, spec);
    assertThat(step(37)).isEmpty();
    assertThat(groups.mayEnter(group, other, at(37))).isTrue();
  }

  /** Were it the newest that counts, runs that come often would never have their turn. */
  @Test
  void whoReplacesOneThatWaitsForTheGroupTakesItsPlace() throws IOException {
    ConcurrencyGroups.Group group = new ConcurrencyGroups.Group("ns", "account");
    ScheduleKey first = new ScheduleKey("ns", "first");
    ScheduleKey third = new ScheduleKey("ns", "third");
    groups.hold(group, first);
    edit(35, 1, "\"concurrencyPolicy\":\"Replace\",\"concurrencyGroup\":\"account\",");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    assertThat(step(40)).isEmpty();
    groups.await(group, third, at(45));
    assertThat(step(50)).isEmpty();
    assertThat(report(50).counts().replaced()).isEqualTo(1);
    assertThat(step(60)).isEmpty();

    groups.leave(group, first);

    assertThat(groups.mayEnter(group, third, at(45))).isFalse();
    assertThat(step(61)).containsExactly("create scan-60");
  }

  /** More than a status holds could never be written, and nothing would start any more. */
  @Test
  void runsThatWereAllowedAndThenFailTogetherAreTriedAgainAsTheStatusHasRoom() throws IOException {
    edit(3100, 1, "\"concurrencyPolicy\":\"Queue\",\"retry\":{\"limit\":1,\"backoff\":\"5s\"},");
    IntStream.rangeClosed(1, 300).forEach(i -> state.listed(Runs.active(i * 10L), at(3100)));
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:51:40Z\"}");
    step(3100);
    report(3100);

    IntStream.rangeClosed(1, 300)
        .forEach(i -> state.job(Runs.finished(i * 10L, Run.Phase.FAILED), at(3101)));
    step(3101);

    ScanScheduleStatus status = report(3101);
    assertThat(status.active()).hasSizeBetween(200, 250);
    assertThat(status.counts().failed()).isZero();
    assertThat(step(3109)).containsExactly("create scan-10r2");
  }

  /** The message of a webhook may be long, and stands beside each run that waits. */
  @Test
  void whatTheServerSaysIsCut() throws IOException {
    edit(35, 1, "\"concurrencyPolicy\":\"Allow\",");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    Operation.Create create = (Operation.Create) state.step(at(40)).operations().getFirst();

    state.createFailed(create, true, "no ".repeat(50_000), at(40));
    step(40);

    assertThat(report(40).active().getFirst().message().length()).isLessThanOrEqualTo(2_000);
  }

  @Test
  void aRunWithTargetsIsCountedOnceWhereAJobOfItWasDeleted() throws IOException {
    edit(35, 1, "\"targets\":[{\"name\":\"a\"},{\"name\":\"b\"}],");
    state.listed(Runs.ofTarget(Runs.active(30), "a"), at(35));
    state.listed(Runs.ofTarget(Runs.active(30), "b"), at(35));
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:20Z\"}");
    step(35);

    state.jobGone(Runs.uid(30) + "-a", at(36));
    state.job(Runs.ofTarget(Runs.finished(30, Run.Phase.SUCCEEDED), "b"), at(37));

    assertThat(told).contains("RunDeleted");
    assertThat(metrics.find("scanwarden.runs").counters())
        .extracting(c -> c.getId().getTag("result") + " " + c.count())
        .containsExactly("PartiallySucceeded 1.0");
  }

  @Test
  void aRequestWhoseTargetsWerePutRightIsARequest() throws IOException {
    annotations.put(Marks.REQUESTED_AT, "1970-01-01T00:00:34Z");
    annotations.put(Marks.REQUESTED_TARGETS, "a,moon");
    edit(35, 1, "\"targets\":[{\"name\":\"a\"},{\"name\":\"b\"}],");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    step(35);
    step(36);
    assertThat(told).containsExactly("RequestIgnored");

    annotations.put(Marks.REQUESTED_TARGETS, "a");
    edit(37, 1, "\"targets\":[{\"name\":\"a\"},{\"name\":\"b\"}],");
    step(37);

    assertThat(report(37).lastHandledRequest()).isEqualTo("1970-01-01T00:00:34Z");
  }

  @Test
  void whyARunWasGivenUpIsTold() throws IOException {
    edit(35, 1, "\"retry\":{\"limit\":1,\"backoff\":\"1h\"},");
    state.listed(Runs.active(30), at(35));
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    step(35);
    report(35);
    state.job(Runs.finished(30, Run.Phase.FAILED), at(36));
    step(36);
    report(36);

    edit(37, 2, "\"suspend\":true,\"retry\":{\"limit\":1,\"backoff\":\"1h\"},");
    step(37);
    report(37);
    step(38);

    ScanScheduleStatus status = report(38);
    assertThat(status.counts().failed()).isEqualTo(1);
    assertThat(status.recentRuns().getFirst().message()).isEqualTo("the schedule was suspended");
    assertThat(told).contains("RunGivenUp");
  }

  /** As many wait as may: the one that has failed keeps its place nevertheless. */
  @Test
  void aRunThatIsTriedAgainIsActiveAlsoWhereTheQueueIsFull() throws IOException {
    edit(1500, 1, "\"concurrencyPolicy\":\"Queue\",\"retry\":{\"limit\":1,\"backoff\":\"5s\"},");
    state.listed(Runs.active(10), at(1500));
    String waiting =
        IntStream.rangeClosed(2, 101)
            .mapToObj(
                i ->
                    "{\"state\":\"Queued\",\"trigger\":\"Every\",\"scheduledTime\":\"%s\"}"
                        .formatted(at(i * 10L)))
            .collect(Collectors.joining(","));
    lead(
        "{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:24:50Z\", \"active\": ["
            + waiting
            + "]}");
    step(1500);
    report(1500);

    state.job(Runs.finished(10, Run.Phase.FAILED), at(1500));

    assertThat(step(1500)).isEmpty();
    ScanScheduleStatus status = report(1500);
    assertThat(status.running()).isEqualTo(1);
    assertThat(status.queued()).isEqualTo(100);
    assertThat(status.active()).hasSize(101);
    assertThat(step(1520)).containsExactly("create scan-10r2");
  }

  @Test
  void aReplacedRunThatIsGoneNoLongerShowsAsRunning() throws IOException {
    edit(35, 1, "\"suspend\":true,");
    state.listed(Runs.run(30, 2, Run.Phase.ACTIVE, true), at(35));
    lead(
        """
        {"observedGeneration": 1, "cursor": "1970-01-01T00:00:30Z", "recorded": ["uid-30"],
         "counts": {"replaced": 1}}""");
    step(35);
    assertThat(report(35).running()).isEqualTo(1);
    assertThat(state.wantsReport()).isFalse();

    state.jobGone(Runs.uid(30), at(36));

    ScanScheduleStatus reported = report(36);
    assertThat(reported.running()).isZero();
    assertThat(reported.active()).isEmpty();
    assertThat(reported.counts().replaced()).isEqualTo(1);
  }

  /** The clock does not bring it back after a restart: only the status does. */
  @Test
  void aBackfillIsReportedBeforeItsFirstStart() throws IOException {
    backfill = "1970-01-01T00:00:10Z/1970-01-01T00:00:20Z";
    edit(35, 1, "\"concurrencyPolicy\":\"Queue\",");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");

    assertThat(step(35)).isEmpty();
    assertThat(state.waitsForReport()).isTrue();
    ScanScheduleStatus reported = report(35);
    assertThat(reported.backfill())
        .isEqualTo(new Backfill(backfill, "1970-01-01T00:00:10Z", 1, 0, 2, null));
    assertThat(reported.active()).extracting(ActiveRun::reason).containsExactly("Recording");
    assertThat(step(36)).containsExactly("create scan-10");

    // Nothing of it is left to another leader; nor is it begun again.
    lead(JSON.writeValueAsString(reported));
    assertThat(step(37)).isEmpty();
    assertThat(report(37).backfill())
        .isEqualTo(new Backfill(backfill, "1970-01-01T00:00:10Z", 1, 0, 2, null));
  }

  /** History would make a backfill run what it has been told to leave out. */
  @Test
  void theJobOfAnInstantIsKeptUntilABackfillHasPassedIt() throws IOException {
    backfill = "1970-01-01T00:00:10Z/1970-01-01T00:00:20Z";
    edit(35, 1, "\"concurrencyPolicy\":\"Queue\",\"successfulJobsHistoryLimit\":0,");
    state.listed(Runs.finished(20, Run.Phase.SUCCEEDED), at(35));
    lead(
        """
        {"observedGeneration": 1, "cursor": "1970-01-01T00:00:30Z", "recorded": ["uid-20"]}""");

    assertThat(step(35)).isEmpty();
    report(35);
    assertThat(step(36)).containsExactly("create scan-10");
    report(36);
    assertThat(step(37)).isEmpty();
    state.job(Runs.backfill(10, Run.Phase.SUCCEEDED), at(38));
    assertThat(step(38)).as("20 is passed, but that is not reported").isEmpty();
    assertThat(report(38).backfill())
        .isEqualTo(new Backfill(backfill, "1970-01-01T00:00:20Z", 2, 2, 2, null));
    assertThat(step(39)).containsExactlyInAnyOrder("delete scan-10", "delete scan-20");
  }

  @Test
  void whatIsIgnoredIsToldOnce() throws IOException {
    backfill = "last week";
    edit(35, 1, "");
    lead("{\"observedGeneration\": 1, \"cursor\": \"1970-01-01T00:00:30Z\"}");
    step(35);

    ScanScheduleStatus reported = report(35);

    assertThat(reported.backfill())
        .isEqualTo(new Backfill(null, null, null, null, null, "last week"));
    assertThat(told).containsExactly("BackfillIgnored");
    lead(JSON.writeValueAsString(reported));
    step(36);
    assertThat(told).hasSize(1);
  }

  // ---- plumbing

  private static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }

  /** The watch tells, at that second, of a generation with these fields in its spec. */
  private void edit(long second, long generation, String fields) {
    ScheduleResource resource = new ScheduleResource();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName("scan")
            .withUid(Runs.SCHEDULE_UID)
            .withGeneration(generation)
            .withResourceVersion(Long.toString(++version))
            .withCreationTimestamp("1970-01-01T00:00:00Z")
            .withAnnotations(backfill == null ? annotations : Map.of(Marks.BACKFILL, backfill))
            .withDeletionTimestamp(terminating ? at(second).toString() : null)
            .build());
    resource.setSpec(
        RawJson.of(
            "{%s\"triggers\":[{\"every\":\"10s\"}],\"jobTemplate\":{}}"
                .formatted(fields)
                .getBytes(StandardCharsets.UTF_8)));
    state.resource(resource, at(second));
  }

  private void lead(String status) throws IOException {
    state.lead(
        Runs.SCHEDULE_UID, Optional.of(JSON.readValue(status, ScanScheduleStatus.class)), at(35));
  }

  /**
   * What is wanted at that second, once the API server has judged the template; what is created is
   * acknowledged at once.
   */
  private List<String> step(long second) {
    List<String> wanted = new ArrayList<>();
    boolean judged = false;
    for (Operation operation : state.step(at(second)).operations()) {
      switch (operation) {
        case Operation.CheckTemplate(ScheduleSnapshot checked) -> {
          state.templateChecked(checked, "", "");
          judged = true;
        }
        case Operation.Create create -> {
          wanted.add("create " + create.name());
          long instant = create.claim().key().time().getEpochSecond();
          Run job =
              create.claim().isBackfill()
                  ? Runs.backfill(instant, Run.Phase.ACTIVE)
                  : Runs.active(instant);
          state.created(create, job, at(second));
        }
        case Operation.Delete delete -> wanted.add("delete " + delete.run().name());
        default -> {}
      }
    }
    if (judged) {
      wanted.addAll(step(second));
    }
    return wanted;
  }

  /** The status that is written at that second. */
  private ScanScheduleStatus report(long second) {
    Report report = state.report(at(second)).orElseThrow();
    state.reported(report, ++version);
    return report.status();
  }
}
