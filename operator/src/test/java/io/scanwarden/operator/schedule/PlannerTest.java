package io.scanwarden.operator.schedule;

import static io.scanwarden.api.v1alpha1.ConcurrencyPolicy.ALLOW;
import static io.scanwarden.api.v1alpha1.ConcurrencyPolicy.FORBID;
import static io.scanwarden.api.v1alpha1.ConcurrencyPolicy.QUEUE;
import static io.scanwarden.api.v1alpha1.ConcurrencyPolicy.REPLACE;
import static io.scanwarden.api.v1alpha1.MissedRunPolicy.ALL;
import static io.scanwarden.api.v1alpha1.MissedRunPolicy.LATEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.MissedRunPolicy;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Times are seconds. A schedule is due every ten, unless a test says otherwise, and was looked
 * after all the time. A plan is written down as what it does, in order: {@code start 10}, {@code
 * drop 20 QueueFull}.
 */
class PlannerTest {

  // ---- policies

  @ParameterizedTest
  @EnumSource(ConcurrencyPolicy.class)
  void whatIsDueStartsIfNothingElseRuns(ConcurrencyPolicy policy) {
    assertThat(at(10).policy(policy).plan()).containsExactly("start 10");
    assertThat(at(9).policy(policy).plan()).isEmpty();
  }

  @Test
  void allowStartsBesideWhatRuns() {
    assertThat(at(20).policy(ALLOW).runs(10).plan()).containsExactly("start 20");
  }

  @Test
  void forbidDropsWhileAnEarlierRunIsActiveOrItsPodsAre() {
    assertThat(at(20).policy(FORBID).runs(10).plan()).containsExactly("drop 20 PreviousRunActive");
    assertThat(at(20).policy(FORBID).lingering().plan())
        .containsExactly("drop 20 PreviousRunActive");
    assertThat(at(20).policy(FORBID).waits(10).starting(10).plan())
        .containsExactly("drop 20 PreviousRunActive");
    assertThat(at(20).policy(FORBID).finished(10).plan()).containsExactly("start 20");
  }

  @ParameterizedTest
  @CsvSource({"0, drop 20 QueueFull, 0", "1, accept 20, 1", "100, accept 20, 1"})
  void queueHoldsWhatItMay(int maxQueued, String decision, int waiting) {
    Given given = at(20).policy(QUEUE).maxQueued(maxQueued).runs(10);

    assertThat(given.plan()).containsExactly(decision);
    assertThat(given.queued()).hasSize(waiting);
  }

  @Test
  void whatIsBeingStartedTakesNoPlaceInTheQueue() {
    assertThat(at(20).policy(QUEUE).maxQueued(1).waits(10).starting(10).plan())
        .containsExactly("accept 20");
    assertThat(at(30).policy(QUEUE).maxQueued(1).waits(10, 20).starting(10).plan())
        .containsExactly("drop 30 QueueFull");
    assertThat(at(20).policy(QUEUE).maxQueued(0).waits(10).starting(10).plan())
        .containsExactly("drop 20 QueueFull");
  }

  @Test
  void aJobSeenBeforeItsAnswerDoesNotMakeRoomTwice() {
    assertThat(at(30).policy(QUEUE).maxQueued(1).waits(20).starting(10).runs(10).plan())
        .containsExactly("drop 30 QueueFull");
  }

  @Test
  void noMoreWaitThanAStatusHolds() {
    Given given = at(1010).policy(QUEUE).maxQueued(100).starting(10);
    for (int i = 10; i <= 1000; i += 10) {
      given.waits(i);
    }

    assertThat(given.plan()).containsExactly("drop 1010 QueueFull");
  }

  @Test
  void theQueueKeepsItsOrder() {
    assertThat(at(35).policy(QUEUE).waits(10, 20, 30).plan()).containsExactly("start 10");
    assertThat(at(35).policy(QUEUE).waits(20, 30).runs(10).queued())
        .containsExactly("20 PreviousRunActive", "30 PreviousRunActive");
  }

  @Test
  void replaceRecordsThenDeletesThenWaitsForTheEnd() {
    assertThat(at(20).policy(REPLACE).runs(10).plan()).containsExactly("accept 20", "replace 10");
    assertThat(at(21).policy(REPLACE).runs(10).waits(20).recorded(10).plan()).isEmpty();
    assertThat(at(22).policy(REPLACE).runs(10).waits(20).deletable(10).plan())
        .containsExactly("delete 10");
    assertThat(at(23).policy(REPLACE).runs(10).waits(20).deletable(10).deleting(10).plan())
        .isEmpty();
    assertThat(at(23).policy(REPLACE).runs(10).waits(20).deletable(10).deleting(10).queued())
        .containsExactly("20 WaitingForTermination");
    assertThat(at(24).policy(REPLACE).lingering().waits(20).plan()).isEmpty();
    assertThat(at(25).policy(REPLACE).waits(20).plan()).containsExactly("start 20");
  }

  @Test
  void whatIsRecordedAsReplacedIsDeletedWhateverTheSpecSaysByNow() {
    assertThat(at(12).policy(ALLOW).runs(10).deletable(10).plan()).containsExactly("delete 10");
    assertThat(at(12).policy(FORBID).suspend().runs(10).deletable(10).plan())
        .containsExactly("delete 10");
  }

  @Test
  void aReplacedRunThatEndsByItselfIsNotDeleted() {
    assertThat(at(21).policy(REPLACE).finished(10).waits(20).deletable(10).plan())
        .containsExactly("start 20");
  }

  @Test
  void replaceTakesThePlaceOfOneThatWaits() {
    Given given = at(30).policy(REPLACE).runs(10).deletable(10).deleting(10).waits(20);

    assertThat(given.plan()).containsExactly("accept 30", "drop 20 Replaced");
    assertThat(given.queued()).containsExactly("30 WaitingForTermination");
  }

  // ---- missed runs

  @ParameterizedTest
  @CsvSource({
    "NONE,   -1, drop 10 Missed; drop 20 Missed; drop 30 Missed",
    "LATEST, -1, drop 10 Missed; drop 20 Missed; start 30",
    "LATEST, 10, drop 10 DeadlineExceeded; drop 20 DeadlineExceeded; start 30",
    "LATEST, 4,  drop 10 DeadlineExceeded; drop 20 DeadlineExceeded; drop 30 DeadlineExceeded",
    "LATEST, 0,  drop 10 DeadlineExceeded; drop 20 DeadlineExceeded; drop 30 DeadlineExceeded",
    "ALL,    99, start 10; accept 20; accept 30",
    "ALL,    15, drop 10 DeadlineExceeded; start 20; accept 30",
    "ALL,    0,  drop 10 DeadlineExceeded; drop 20 DeadlineExceeded; drop 30 DeadlineExceeded",
  })
  void whatWasDueWhileNobodyLed(MissedRunPolicy missed, long deadline, String plan) {
    Given given = at(35).policy(ALLOW).missed(missed).leadingSince(34).cursor(0);
    if (deadline >= 0) {
      given.deadline(deadline);
    }

    assertThat(given.plan()).containsExactlyInAnyOrder(plan.split("; "));
  }

  @Test
  void theDeadlineIsInWholeSecondsAndIncludesItsLast() {
    assertThat(atMillis(10_999).deadline(0).plan()).containsExactly("start 10");
    assertThat(atMillis(11_000).cursor(0).deadline(0).plan())
        .containsExactly("drop 10 DeadlineExceeded");
  }

  @Test
  void aNewerInstantThatWaitsForItsJitterDoesNotTakeTheLatestsPlace() {
    Given given = at(20).policy(ALLOW).missed(LATEST).leadingSince(19).cursor(0).jitter(9);
    Instant start = given.timeline().startOf(Instant.ofEpochSecond(20));

    assertThat(start).isAfter(Instant.ofEpochSecond(20));
    assertThat(given.plan()).containsExactly("start 10");
    assertThat(given.planned().wakeAt()).isEqualTo(start);
    assertThat(given.planned().cursor()).isEqualTo(Instant.ofEpochSecond(10));
  }

  @Test
  void whatHasItsJobIsDoneAndWhatIsOlderThanTheNewestJobWasSkipped() {
    assertThat(at(35).policy(ALLOW).missed(ALL).leadingSince(34).cursor(0).finished(20).plan())
        .containsExactly("drop 10 SkippedEarlier", "found 20", "start 30");
  }

  @Test
  void aClaimThatWasOvertakenBeforeARestartIsNotStarted() {
    assertThat(at(25).policy(QUEUE).waits(10).finished(20).plan())
        .containsExactly("drop 10 SkippedEarlier");
  }

  @Test
  void aYearOfSecondsIsCaughtUpInBatchesAndTheLatestRuns() {
    int year = 365 * 86_400;
    Given given =
        at(year).every(1).policy(ALLOW).missed(LATEST).leadingSince(year).cursor(year - 25_000);

    assertThat(given.plan()).hasSize(Planner.BATCH).allMatch(line -> line.endsWith(" Missed"));
    assertThat(given.planned().wakeAt()).isEqualTo(Instant.ofEpochSecond(year));
    given.cursor(given.planned().cursor().getEpochSecond());
    assertThat(given.plan()).hasSize(Planner.BATCH);
    given.cursor(given.planned().cursor().getEpochSecond());
    assertThat(given.plan()).hasSize(5_000).endsWith("start " + year);
  }

  @Test
  void aBacklogIsTakenAsItStarts() {
    Given given =
        at(3_600).every(1).policy(ALLOW).missed(ALL).deadline(9_999).leadingSince(3_600).cursor(0);

    assertThat(given.plan())
        .hasSize(100)
        .contains("start 1")
        .allMatch(line -> !line.startsWith("drop"));
    assertThat(given.planned().cursor()).isEqualTo(Instant.ofEpochSecond(100));
  }

  @Test
  void aClockThatStepsBackFiresNothingAgain() {
    assertThat(at(15).cursor(30).plan()).isEmpty();
    assertThat(at(15).cursor(10).finished(30).plan()).isEmpty();
    assertThat(at(30).cursor(10).finished(30).plan())
        .containsExactly("drop 20 SkippedEarlier", "found 30");
  }

  // ---- exclusions, jitter, suspend, edits

  @Test
  void whatIsExcludedIsDroppedAndCounted() {
    assertThat(at(20).exclude(5, 15).cursor(0).policy(ALLOW).plan())
        .containsExactly("drop 10 Excluded", "start 20");
  }

  @Test
  void jitterDelaysTheStart() {
    Given given = at(10).jitter(9);
    Instant start = given.timeline().startOf(Instant.ofEpochSecond(10));

    assertThat(given.plan()).isEmpty();
    assertThat(given.planned().wakeAt()).isEqualTo(start);
    assertThat(at(start).jitter(9).cursor(0).plan()).containsExactly("start 10");
  }

  @Test
  void aSuspendDropsWhatWaitsButNotWhatMayHaveAJob() {
    assertThat(at(35).policy(QUEUE).suspend().waits(10, 20).runs(1).plan())
        .containsExactly("drop 10 Suspended", "drop 20 Suspended");
    assertThat(at(35).policy(QUEUE).suspend().waits(10).starting(10).plan()).isEmpty();
    assertThat(at(35).policy(QUEUE).suspend().waits(10).unsure(10).plan())
        .containsExactly("find 10");
    assertThat(at(35).suspend().cursor(0).planned().cursor()).isEqualTo(Instant.EPOCH);
  }

  @Test
  void anEditDecidesWhatWasDueAndStartsOrEndsNothing() {
    assertThat(at(20).policy(REPLACE).cursor(0).runs(1).deletable(1).last())
        .containsExactly("accept 10", "accept 20", "drop 10 Replaced");
    assertThat(at(20).policy(FORBID).cursor(10).jitter(9).last()).containsExactly("accept 20");
    assertThat(at(20).policy(FORBID).cursor(10).jitter(9).runs(10).last())
        .containsExactly("drop 20 PreviousRunActive");
    assertThat(at(20).suspend().cursor(0).last()).isEmpty();
  }

  @Test
  void anEditCountsWhatABacklogHasNoRoomFor() {
    List<String> last =
        at(300)
            .every(1)
            .policy(ALLOW)
            .missed(ALL)
            .deadline(9_999)
            .leadingSince(300)
            .cursor(0)
            .last();

    assertThat(last).hasSize(300);
    assertThat(last.subList(100, 300)).allMatch(line -> line.endsWith(" QueueFull"));
  }

  // ---- groups

  @Test
  void whileAnotherScheduleOfTheGroupRunsThePolicyDecides() {
    assertThat(at(20).policy(FORBID).groupBusy().plan())
        .containsExactly("drop 20 ConcurrencyGroupBusy");
    assertThat(at(20).policy(QUEUE).groupBusy().queued())
        .containsExactly("20 ConcurrencyGroupBusy");
    assertThat(at(20).policy(QUEUE).maxQueued(0).groupBusy().plan())
        .containsExactly("drop 20 QueueFull");
    assertThat(at(20).policy(REPLACE).groupBusy().queued())
        .containsExactly("20 ConcurrencyGroupBusy");
    assertThat(at(20).policy(FORBID).plan()).containsExactly("start 20");
  }

  // ---- requests

  @Test
  void aRequestIsReportedBeforeItStarts() {
    Given given = at(15).request(14);
    assertThat(given.plan()).containsExactly("accept request 14", "handle 14");
    assertThat(given.queued()).containsExactly("request 14 Recording");
    assertThat(at(15).waitsRequest(14).reportedRequest(13).plan()).isEmpty();
    assertThat(at(15).waitsRequest(14).reportedRequest(14).plan())
        .containsExactly("start request 14");
  }

  @Test
  void aRequestObeysPolicyAndSuspend() {
    assertThat(at(15).policy(FORBID).runs(10).request(14).plan())
        .containsExactly("drop request 14 PreviousRunActive", "handle 14");
    assertThat(at(15).suspend().request(14).plan())
        .containsExactly("drop request 14 Suspended", "handle 14");
  }

  @Test
  void aRequestPassesAnInstantThatWaitsForItsJitter() {
    Given given = at(15).policy(ALLOW).waitsRequest(14).reportedRequest(14);
    given.queue.addFirst(clock(10, 19, WaitReason.JITTER));

    assertThat(given.plan()).containsExactly("start request 14");
    assertThat(given.queued()).containsExactly("10 Jitter", "request 14 Starting");
  }

  // ---- creates that fail

  @Test
  void afterAFailureNothingIsTriedBeforeItsTime() {
    assertThat(at(12).waits(10).refused(15).plan()).isEmpty();
    assertThat(at(12).waits(10).refused(15).queued()).containsExactly("10 CreateFailed");
    assertThat(at(12).waits(10).refused(15).planned().wakeAt())
        .isEqualTo(Instant.ofEpochSecond(15));
    assertThat(at(15).waits(10).refused(15).plan()).containsExactly("start 10");
  }

  @Test
  void whatIsRefusedGivesWayToTheNewer() {
    assertThat(at(20).policy(ALLOW).waits(10).refused(25).plan())
        .containsExactly("drop 10 CreateRefused", "accept 20");
    assertThat(at(20).policy(FORBID).waits(10).refused(25).plan())
        .containsExactly("drop 10 CreateRefused", "accept 20");
    assertThat(at(20).policy(QUEUE).waits(10).refused(25).plan()).containsExactly("accept 20");
    assertThat(at(20).policy(ALLOW).missed(ALL).deadline(99).waits(10).refused(25).plan())
        .containsExactly("accept 20");
  }

  @Test
  void whatWasNotAnsweredIsFoundOutFirstAndGivesNoWay() {
    assertThat(at(20).policy(ALLOW).waits(10).unanswered(25).unsure(10).plan())
        .containsExactly("accept 20");
    assertThat(at(25).policy(ALLOW).waits(10, 20).unanswered(25).unsure(10).plan())
        .containsExactly("find 10");
    assertThat(at(20).policy(REPLACE).waits(10).unanswered(25).unsure(10).plan())
        .containsExactly("accept 20");
    assertThat(at(25).policy(REPLACE).waits(10, 20).unanswered(25).plan())
        .containsExactly("drop 10 Replaced", "start 20");
    assertThat(at(35).deadline(5).waits(10).cursor(30).unanswered(35).unsure(10).plan())
        .containsExactly("find 10");
  }

  @Test
  void beyondTheDeadlineNothingIsTriedAgain() {
    assertThat(at(16).deadline(5).waits(10).refused(15).plan())
        .containsExactly("drop 10 DeadlineExceeded");
    assertThat(at(15).deadline(5).waits(10).refused(15).plan()).containsExactly("start 10");
  }

  @Test
  void waitingForAnotherRunIsNoLateness() {
    Given given = at(55).deadline(5).policy(QUEUE).cursor(50);
    given.queue.add(clock(10, 10, WaitReason.PREVIOUS_RUN_ACTIVE));
    given.queue.add(clock(20, 20, WaitReason.PREVIOUS_RUN_ACTIVE));
    given.refused(54);

    assertThat(given.plan()).containsExactly("start 10");
    assertThat(given.planned().queue().getFirst().startAt()).isEqualTo(Instant.ofEpochSecond(55));
  }

  // ---- queueTimeout

  @ParameterizedTest
  @EnumSource(
      value = ConcurrencyPolicy.class,
      names = {"QUEUE", "REPLACE"})
  void whatWaitedTooLongIsDroppedAtThatMoment(ConcurrencyPolicy policy) {
    Given before = at(17).policy(policy).queueTimeout(8).runs(5).recorded(5).waits(10);

    assertThat(before.plan()).isEmpty();
    assertThat(before.planned().wakeAt()).isEqualTo(Instant.ofEpochSecond(18));
    assertThat(at(18).policy(policy).queueTimeout(8).runs(5).recorded(5).waits(10).plan())
        .containsExactly("drop 10 QueueTimeout");
  }

  @Test
  void waitingIsCountedFromWhenItWasDueNotFromWhenItsTurnCame() {
    Given given = at(25).policy(QUEUE).queueTimeout(15).cursor(20).refused(30);
    given.queue.add(clock(10, 24, WaitReason.CREATE_FAILED));

    assertThat(given.plan()).containsExactly("drop 10 QueueTimeout");
  }

  @Test
  void waitingIsCountedFromTheEndOfTheJitter() {
    Given given = at(10).jitter(9).queueTimeout(3);
    Instant start = given.timeline().startOf(Instant.ofEpochSecond(10));

    assertThat(start).isAfter(Instant.ofEpochSecond(10));
    Given waiting = at(start.plusMillis(2_999)).jitter(9).queueTimeout(3).cursor(10).waits(10);
    assertThat(waiting.refused(99).plan()).isEmpty();
    assertThat(waiting.planned().wakeAt()).isEqualTo(start.plusSeconds(3));
    assertThat(at(start.plusSeconds(3)).jitter(9).queueTimeout(3).cursor(10).waits(10).plan())
        .containsExactly("drop 10 QueueTimeout");
  }

  @Test
  void alsoWhatIsRefusedOrOnlyNextToBeCreatedWaits() {
    assertThat(at(18).queueTimeout(8).waits(10).plan()).containsExactly("drop 10 QueueTimeout");
    Given refused = at(17).queueTimeout(8).waits(10).refused(60);
    assertThat(refused.planned().wakeAt()).isEqualTo(Instant.ofEpochSecond(18));
    assertThat(at(18).queueTimeout(8).waits(10).refused(60).plan())
        .containsExactly("drop 10 QueueTimeout");
  }

  @Test
  void whatIsUnderWayOrMayHaveAJobDoesNotExpireAndWakesNobody() {
    Given starting = at(18).queueTimeout(8).waits(10).starting(10);
    assertThat(starting.plan()).isEmpty();
    assertThat(starting.planned().wakeAt()).isEqualTo(Instant.ofEpochSecond(20));
    Given unsure = at(18).queueTimeout(8).waits(10).unanswered(19).unsure(10);
    assertThat(unsure.plan()).isEmpty();
    assertThat(unsure.planned().wakeAt()).isEqualTo(Instant.ofEpochSecond(19));
    assertThat(at(19).queueTimeout(8).waits(10).unanswered(19).unsure(10).plan())
        .containsExactly("find 10");
    assertThat(at(19).queueTimeout(8).waits(10).plan()).containsExactly("drop 10 QueueTimeout");
  }

  @Test
  void whatExpiresMakesRoom() {
    Given given = at(30).policy(QUEUE).maxQueued(1).queueTimeout(15).runs(5).waits(10);

    assertThat(given.plan()).containsExactly("drop 10 QueueTimeout", "accept 30");
  }

  @Test
  void whatWasDueTooLongAgoIsNotMadeUpFor() {
    assertThat(at(35).policy(ALLOW).queueTimeout(6).leadingSince(34).cursor(0).plan())
        .containsExactly("drop 10 Missed", "drop 20 Missed", "start 30");
    assertThat(at(35).policy(ALLOW).queueTimeout(5).leadingSince(34).cursor(0).plan())
        .containsExactly("drop 10 Missed", "drop 20 Missed", "drop 30 QueueTimeout");
    assertThat(
            at(35)
                .policy(ALLOW)
                .missed(ALL)
                .deadline(99)
                .queueTimeout(16)
                .leadingSince(34)
                .cursor(0)
                .plan())
        .containsExactlyInAnyOrder("drop 10 QueueTimeout", "start 20", "accept 30");
  }

  @Test
  void aRequestWaitsFromItsOwnTime() {
    assertThat(at(15).queueTimeout(2).request(14).planned().wakeAt())
        .isEqualTo(Instant.ofEpochSecond(16));
    assertThat(at(16).queueTimeout(2).waitsRequest(14).plan())
        .containsExactly("drop request 14 QueueTimeout");
    assertThat(at(16).queueTimeout(2).request(14).plan())
        .containsExactly("drop request 14 QueueTimeout", "handle 14");
  }

  // ---- backfill

  @ParameterizedTest
  @EnumSource(names = "ALLOW", mode = EnumSource.Mode.EXCLUDE)
  void aBackfillRunsOneInstantAfterTheOtherWhereNothingElseIs(ConcurrencyPolicy policy) {
    Given given = at(105).policy(policy).wantsBackfill(20, 40);

    assertThat(given.plan()).containsExactly("accept backfill 20");
    assertThat(given.queued()).containsExactly("backfill 20 Recording");
    assertThat(given.progress()).isEqualTo("20 1/3");
    assertThat(at(105).policy(policy).backfill(20, 40, 20).waitsBackfill(20).recorded().plan())
        .containsExactly("start backfill 20");
    Given running = at(105).policy(policy).backfill(20, 40, 20).runsBackfill(20);
    assertThat(running.plan()).isEmpty();
    assertThat(running.progress()).isEqualTo("20 1/3");
    assertThat(at(105).policy(policy).backfill(20, 40, 20).plan())
        .containsExactly("accept backfill 30");
    assertThat(at(105).policy(policy).backfill(20, 40, 40).plan()).isEmpty();
  }

  @Test
  void withAllowSomeRunAtOnce() {
    Given given = at(205).policy(ALLOW).wantsBackfill(11, 200).runs(200);

    assertThat(given.plan())
        .containsExactly(
            "accept backfill 20",
            "accept backfill 30",
            "accept backfill 40",
            "accept backfill 50",
            "accept backfill 60");
    assertThat(given.progress()).isEqualTo("60 5/19");
    assertThat(
            at(205)
                .policy(ALLOW)
                .backfill(11, 200, 60)
                .waitsBackfill(60)
                .runsBackfill(20, 30, 40)
                .recorded()
                .plan())
        .containsExactly("accept backfill 70", "start backfill 60");
  }

  @Test
  void aBackfillLeavesOutWhatHasItsJobAndWhatIsExcluded() {
    Given given = at(105).policy(ALLOW).exclude(30, 40).wantsBackfill(20, 60).finished(20).runs(50);

    assertThat(given.plan()).containsExactly("accept backfill 40", "accept backfill 60");
    assertThat(given.progress()).isEqualTo("60 4/4");
  }

  @ParameterizedTest
  @CsvSource({
    "FORBID,  start 110",
    "QUEUE,   start 110",
    "REPLACE, start 110",
    "ALLOW,   start 110",
  })
  void whatIsDueComesBeforeABackfillThatWaits(ConcurrencyPolicy policy, String plan) {
    Given given = at(110).policy(policy).backfill(20, 40, 40).waitsBackfill(40).recorded();

    assertThat(given.plan()).containsExactly(plan);
    assertThat(given.queued().getFirst()).isEqualTo("110 Starting");
  }

  @Test
  void aBackfillEndsNoRunAndDropsNone() {
    assertThat(at(105).policy(REPLACE).backfill(20, 40, 20).waitsBackfill(20).runs(100).queued())
        .containsExactly("backfill 20 Recording");
    Given given =
        at(105).policy(REPLACE).backfill(20, 40, 20).waitsBackfill(20).recorded().runs(100);
    assertThat(given.plan()).isEmpty();
    assertThat(given.queued()).containsExactly("backfill 20 PreviousRunActive");
  }

  @Test
  void whatTheScheduleHasNotDecidedIsNotBackfilled() {
    assertThat(at(105).policy(ALLOW).cursor(100).backfill(90, 104, 90).waits(100).plan())
        .containsExactly("start 100");
    assertThat(at(105).policy(QUEUE).cursor(100).suspend().wantsBackfill(90, 104).plan()).isEmpty();
  }

  @Test
  void aBackfillOutlastsASuspendTimeoutsAndDeadlines() {
    Given given =
        at(105)
            .policy(QUEUE)
            .backfill(20, 40, 20)
            .waitsBackfill(20)
            .recorded()
            .deadline(0)
            .queueTimeout(1);
    assertThat(given.plan()).containsExactly("start backfill 20");
    assertThat(given.suspend().plan()).isEmpty();
    assertThat(given.queued()).containsExactly("backfill 20 Suspended");
    assertThat(given.progress()).isEqualTo("20 1/3");
  }

  @Test
  void anotherBackfillBeginsWhenNothingOfTheOneBeforeIsUnderWay() {
    Given given = at(105).policy(QUEUE).backfill(20, 40, 20).wantsBackfill(60, 70);

    assertThat(given.plan()).containsExactly("accept backfill 60");
    assertThat(given.progress()).isEqualTo("60 1/2");
    given = at(105).policy(ALLOW).backfill(20, 40, 20).runsBackfill(20).wantsBackfill(60, 70);
    assertThat(given.plan()).isEmpty();
    assertThat(given.progress()).isEqualTo("20 1/3");
  }

  // ---- the builder

  static Given at(long second) {
    return at(Instant.ofEpochSecond(second));
  }

  private static Given atMillis(long millis) {
    return at(Instant.ofEpochMilli(millis));
  }

  // ---- retries

  /** Each target of a run may be in backoff: that is one run, and it is active. */
  @Test
  void theRetriesOfARunTakeNoPlaceOfThoseThatWait() {
    assertThat(at(20).policy(QUEUE).maxQueued(1).backoff(10, 100).plan())
        .containsExactly("accept 20");
    assertThat(at(20).policy(ALLOW).backoff(10, 100).plan()).containsExactly("start 20");
    assertThat(at(20).policy(ALLOW).backoff(10, 240).plan()).isEmpty();
  }

  // ---- stagger

  @Test
  void theNextBatchWaitsForTheInterval() {
    Given given = at(12).every(1000).targets("a", "b", "c").stagger(2, 60).begun(10, 10, "a", "b");

    assertThat(given.plan()).isEmpty();
    assertThat(given.queued()).containsExactly("10 Stagger");
    assertThat(given.planned().wakeAt()).isEqualTo(Instant.ofEpochSecond(70));
    assertThat(
            at(70).every(1000).targets("a", "b", "c").stagger(2, 60).begun(10, 70, "a", "b").plan())
        .containsExactly("start 10");
  }

  @Test
  void anEditOfStaggerHoldsAlsoForARunThatHasBegun() {
    assertThat(at(12).targets("a", "b", "c").begun(10, 70, "a", "b").plan())
        .as("taken away")
        .containsExactly("start 10");
    assertThat(at(12).targets("a", "b", "c").stagger(3, 60).begun(10, 70, "a", "b").plan())
        .as("a larger batch")
        .containsExactly("start 10");
    assertThat(at(12).targets("a", "b", "c").stagger(2, 1).begun(10, 70, "a", "b").plan())
        .as("a shorter interval")
        .containsExactly("start 10");
  }

  // ---- quotas

  @Test
  void whatIsDueWaitsForItsTenantsQuota() {
    assertThat(at(10).tenant().queued()).containsExactly("10 TenantQuota");
    assertThat(at(10).tenant().inPool().queued()).containsExactly("10 TenantQuota");
    assertThat(at(15).tenant().accepted(10).waits(10).plan()).containsExactly("start 10");
    assertThat(at(15).tenant().accepted(10).inPool().waits(10).queued())
        .containsExactly("10 PoolAtCapacity");
  }

  @Test
  void whatTheQuotaRefusesIsDroppedAndTheNextOneAsksAnew() {
    assertThat(at(15).tenant().withoutPlace(10).waits(10).plan())
        .containsExactly("drop 10 QuotaExceeded");
    Given next = at(20).tenant().withoutPlace(10).waits(10);
    assertThat(next.plan()).containsExactly("drop 10 QuotaExceeded", "accept 20");
    assertThat(next.queued()).containsExactly("20 TenantQuota");
  }

  @Test
  void aRunThatHasBegunAsksNoQuota() {
    assertThat(at(15).tenant().targets("a", "b").begun(10, 70, "a").plan())
        .containsExactly("start 10");
  }

  // ---- pools

  @Test
  void whatIsDueWaitsForItsPool() {
    Given given = at(20).inPool().waits(10);

    assertThat(given.plan()).containsExactly("drop 20 PreviousRunActive");
    assertThat(given.queued()).containsExactly("10 PoolAtCapacity");
    assertThat(at(10).inPool().queued()).containsExactly("10 PoolAtCapacity");
    assertThat(at(15).inPool().waits(10).poolSays(10, WaitReason.START_INTERVAL).queued())
        .containsExactly("10 StartInterval");
  }

  @Test
  void withoutPoolOneWaitsForSlotsOfALimitedTenant() {
    assertThat(at(10).inLimitedTenant().queued()).containsExactly("10 TenantAtLimit");
    assertThat(at(15).inLimitedTenant().waits(10).granted(10).plan()).containsExactly("start 10");
  }

  @Test
  void whatHasItsSlotsStarts() {
    assertThat(at(15).inPool().waits(10).granted(10).plan()).containsExactly("start 10");
    assertThat(at(15).inPool().policy(ALLOW).every(100).waits(10, 11).granted(10).queued())
        .containsExactly("10 Starting", "11 PoolAtCapacity");
  }

  @Test
  void whatWaitsForAnotherRunIsNotOffered() {
    assertThat(at(25).inPool().policy(QUEUE).waits(20).runs(10).queued())
        .containsExactly("20 PreviousRunActive");
    assertThat(at(25).inPool().policy(QUEUE).waits(20).groupBusy().queued())
        .containsExactly("20 ConcurrencyGroupBusy");
  }

  @Test
  void theDeadlineIsNotForWhatWaitsForItsPool() {
    Given given = at(100).every(1000).inPool().deadline(30);

    assertThat(given.waitsFor(10, WaitReason.POOL_AT_CAPACITY).plan()).isEmpty();
    assertThat(given.granted(10).plan()).containsExactly("start 10");
  }

  @Test
  void inAFullPoolAllowDropsWhatIsTooMuch() {
    Given given = at(1010).inPool().policy(ALLOW);
    for (int i = 10; i <= 1000; i += 10) {
      given.waitsFor(i, WaitReason.POOL_AT_CAPACITY);
    }

    assertThat(given.plan()).containsExactly("drop 1010 QueueFull");
  }

  @Test
  void queueCountsWhatWaitsForItsPool() {
    Given given =
        at(20).inPool().policy(QUEUE).maxQueued(1).waitsFor(10, WaitReason.POOL_AT_CAPACITY);

    assertThat(given.plan()).containsExactly("drop 20 QueueFull");
  }

  private static Given at(Instant now) {
    return new Given(now);
  }

  private static Claim clock(long instant, long startAt, WaitReason reason) {
    return Claim.whole(
            new RunKey.Clock(Instant.ofEpochSecond(instant)),
            Trigger.EVERY,
            ScheduleSpec.NO_TARGETS,
            Instant.ofEpochSecond(startAt))
        .because(reason);
  }

  static final class Given {
    private final Instant now;
    private Duration every = Duration.ofSeconds(10);
    private boolean groupFree = true;
    private Optional<PoolKey> pool = Optional.empty();
    private boolean tenantLimited;
    private final Set<AttemptKey> granted = new HashSet<>();
    private final Map<AttemptKey, WaitReason> poolReasons = new HashMap<>();
    private Situation.Quota quota = Situation.Quota.NONE;
    private Optional<RetryPolicy> retry = Optional.empty();
    private List<String> targets = ScheduleSpec.NO_TARGETS;
    private Optional<StaggerPolicy> stagger = Optional.empty();
    private Duration jitter = Duration.ZERO;
    private Optional<Instant[]> excluded = Optional.empty();
    private boolean suspend;
    private ConcurrencyPolicy policy = FORBID;
    private int maxQueued = 100;
    private MissedRunPolicy missed = LATEST;
    private Optional<Duration> deadline = Optional.empty();
    private Optional<Duration> queueTimeout = Optional.empty();
    private Instant leadingSince = Instant.EPOCH;
    private Optional<Instant> cursor = Optional.empty();
    private final List<Claim> queue = new ArrayList<>();
    private Optional<AttemptKey> starting = Optional.empty();
    private final Set<AttemptKey> unsure = new HashSet<>();
    private Optional<CreateFailure> failure = Optional.empty();
    private Optional<Instant> request = Optional.empty();
    private Optional<Instant> reportedRequest = Optional.empty();
    private Situation.Backfills backfills = Situation.Backfills.NONE;
    private final List<Run> runs = new ArrayList<>();
    private int lingering;
    private final Set<String> recorded = new HashSet<>();
    private final Set<String> deletable = new HashSet<>();
    private final Set<String> deleting = new HashSet<>();

    private Given(Instant now) {
      this.now = now;
    }

    Given every(long seconds) {
      every = Duration.ofSeconds(seconds);
      return this;
    }

    Given targets(String... names) {
      targets = List.of(names);
      return this;
    }

    Given stagger(int batchSize, long seconds) {
      stagger = Optional.of(new StaggerPolicy(batchSize, Duration.ofSeconds(seconds)));
      return this;
    }

    /** The run of that instant has Jobs for the first targets; the others wait until then. */
    Given begun(long instant, long startAt, String... started) {
      List<String> left = new ArrayList<>(targets);
      for (String target : started) {
        runs.add(Runs.ofTarget(Runs.active(instant), target));
        left.remove(target);
      }
      queue.add(clock(instant, startAt, WaitReason.STAGGER).ofTargets(left).asBegun());
      return this;
    }

    /** So many targets of the run of that instant have failed, and are tried again much later. */
    Given backoff(long instant, int count) {
      targets = IntStream.range(0, count).mapToObj(i -> "t" + i).toList();
      retry = Optional.of(new RetryPolicy(1, Duration.ofSeconds(1000), Duration.ofSeconds(1000)));
      for (String target : targets) {
        Run failed = Runs.ofTarget(Runs.finished(instant, Run.Phase.FAILED), target);
        runs.add(failed);
        queue.add(Claim.retry(failed.attemptKey(), failed.trigger(), Instant.EPOCH));
      }
      return this;
    }

    Given jitter(long seconds) {
      jitter = Duration.ofSeconds(seconds);
      return this;
    }

    Given exclude(long from, long to) {
      excluded =
          Optional.of(new Instant[] {Instant.ofEpochSecond(from), Instant.ofEpochSecond(to)});
      return this;
    }

    Given suspend() {
      suspend = true;
      return this;
    }

    Given policy(ConcurrencyPolicy value) {
      policy = value;
      return this;
    }

    Given maxQueued(int value) {
      maxQueued = value;
      return this;
    }

    Given missed(MissedRunPolicy value) {
      missed = value;
      return this;
    }

    Given deadline(long seconds) {
      deadline = Optional.of(Duration.ofSeconds(seconds));
      return this;
    }

    Given queueTimeout(long seconds) {
      queueTimeout = Optional.of(Duration.ofSeconds(seconds));
      return this;
    }

    Given leadingSince(long second) {
      leadingSince = Instant.ofEpochSecond(second);
      return this;
    }

    Given cursor(long second) {
      cursor = Optional.of(Instant.ofEpochSecond(second));
      return this;
    }

    Given groupBusy() {
      groupFree = false;
      return this;
    }

    Given inLimitedTenant() {
      tenantLimited = true;
      return this;
    }

    Given inPool() {
      pool = Optional.of(new PoolKey("ns", "pool"));
      return this;
    }

    Given tenant() {
      quota = new Situation.Quota(true, Set.of(), Map.of());
      return this;
    }

    Given accepted(long instant) {
      quota = new Situation.Quota(true, Set.of(first(instant).run()), Map.of());
      return this;
    }

    Given withoutPlace(long instant) {
      quota = new Situation.Quota(true, Set.of(), Map.of(first(instant).run(), "no place"));
      return this;
    }

    Given granted(long instant) {
      granted.add(first(instant));
      return this;
    }

    Given poolSays(long instant, WaitReason reason) {
      poolReasons.put(first(instant), reason);
      return this;
    }

    private static AttemptKey first(long instant) {
      return AttemptKey.first(new RunKey.Clock(Instant.ofEpochSecond(instant)), "");
    }

    Given waitsFor(long instant, WaitReason reason) {
      queue.add(clock(instant, instant, reason));
      return this;
    }

    Given waits(long... instants) {
      for (long instant : instants) {
        queue.add(clock(instant, instant, WaitReason.STARTING));
      }
      return this;
    }

    Given waitsRequest(long second) {
      Instant time = Instant.ofEpochSecond(second);
      queue.add(
          Claim.whole(new RunKey.Request(time), Trigger.REQUEST, ScheduleSpec.NO_TARGETS, time)
              .because(WaitReason.RECORDING));
      return this;
    }

    private BackfillProgress interval(long from, long to) {
      return BackfillProgress.parse(Instant.ofEpochSecond(from) + "/" + Instant.ofEpochSecond(to))
          .orElseThrow()
          .counted(timeline());
    }

    Given wantsBackfill(long from, long to) {
      backfills =
          new Situation.Backfills(
              backfills.current(), Optional.of(interval(from, to)), backfills.reported());
      return this;
    }

    /** One whose instants are accepted up to that one. */
    Given backfill(long from, long to, long cursor) {
      BackfillProgress progress = interval(from, to);
      while (progress.isAhead(Instant.ofEpochSecond(cursor))) {
        progress = progress.accept(progress.next(timeline()).orElseThrow());
      }
      backfills = new Situation.Backfills(Optional.of(progress), Optional.empty(), Set.of());
      return this;
    }

    Given waitsBackfill(long instant) {
      Instant time = Instant.ofEpochSecond(instant);
      queue.add(
          Claim.whole(
                  new RunKey.Backfill(time),
                  Trigger.BACKFILL,
                  ScheduleSpec.NO_TARGETS,
                  Instant.EPOCH)
              .because(WaitReason.RECORDING));
      return this;
    }

    /** The status is known to show what is accepted. */
    Given recorded() {
      Set<Instant> accepted =
          queue.stream()
              .filter(Claim::isBackfill)
              .map(claim -> claim.key().time())
              .collect(Collectors.toSet());
      backfills = new Situation.Backfills(backfills.current(), backfills.wanted(), accepted);
      return this;
    }

    Given runsBackfill(long... instants) {
      for (long instant : instants) {
        runs.add(Runs.backfill(instant, Run.Phase.ACTIVE));
      }
      return this;
    }

    /** Cursor, accepted and total of the backfill as it is planned. */
    String progress() {
      BackfillProgress progress = planned().backfill().orElseThrow();
      return "%s %d/%d"
          .formatted(
              progress.cursor().map(Instant::getEpochSecond).orElse(null),
              progress.accepted(),
              progress.total());
    }

    Given starting(long instant) {
      starting =
          Optional.of(AttemptKey.first(new RunKey.Clock(Instant.ofEpochSecond(instant)), ""));
      return this;
    }

    Given unsure(long instant) {
      unsure.add(AttemptKey.first(new RunKey.Clock(Instant.ofEpochSecond(instant)), ""));
      return this;
    }

    Given refused(long retryAt) {
      failure = Optional.of(new CreateFailure(true, "no", 1, Instant.ofEpochSecond(retryAt)));
      return this;
    }

    Given unanswered(long retryAt) {
      failure = Optional.of(new CreateFailure(false, "?", 1, Instant.ofEpochSecond(retryAt)));
      return this;
    }

    Given request(long second) {
      request = Optional.of(Instant.ofEpochSecond(second));
      return this;
    }

    Given reportedRequest(long second) {
      reportedRequest = Optional.of(Instant.ofEpochSecond(second));
      return this;
    }

    Given runs(long instant) {
      runs.add(Runs.active(instant));
      return this;
    }

    Given finished(long instant) {
      runs.add(Runs.finished(instant, Run.Phase.SUCCEEDED));
      return this;
    }

    Given lingering() {
      lingering++;
      return this;
    }

    Given recorded(long instant) {
      recorded.add(Runs.uid(instant));
      return this;
    }

    Given deletable(long instant) {
      deletable.add(Runs.uid(instant));
      return recorded(instant);
    }

    Given deleting(long instant) {
      deleting.add(Runs.uid(instant));
      return this;
    }

    Timeline timeline() {
      try {
        Timeline.Builder timeline =
            Timeline.builder("ns/scan").every("every", every, Duration.ZERO).jitter(jitter);
        excluded.ifPresent(window -> timeline.exclude(window[0], window[1]));
        return timeline.build();
      } catch (InvalidScheduleException e) {
        throw new IllegalArgumentException(e);
      }
    }

    private Situation situation() {
      ScheduleSpec spec =
          new ScheduleSpec(
              timeline(),
              suspend,
              policy,
              Optional.empty(),
              maxQueued,
              missed,
              deadline,
              Optional.empty(),
              queueTimeout,
              ScheduleSpec.STUCK_AFTER,
              retry,
              targets,
              stagger,
              3,
              1,
              Optional.empty(),
              pool,
              0,
              1);
      // Without a word on it, all is decided but the newest instant.
      long last = (now.getEpochSecond() - 1) / every.toSeconds() * every.toSeconds();
      return new Situation(
          spec,
          now,
          leadingSince,
          cursor.orElse(Instant.ofEpochSecond(last)),
          queue,
          starting,
          unsure,
          failure,
          request.map(time -> new RequestedRun.Wanted(time, List.of())),
          reportedRequest,
          backfills,
          runs,
          lingering,
          recorded,
          deletable,
          deleting,
          groupFree,
          new Situation.Slots(pool.isPresent() || tenantLimited, granted, poolReasons),
          quota);
    }

    Plan planned() {
      return Planner.plan(situation());
    }

    /** What is done; an accept of what also starts is left out. */
    List<String> plan() {
      return text(planned());
    }

    List<String> last() {
      return text(Planner.planLast(situation()));
    }

    List<String> queued() {
      return planned().queue().stream().map(c -> text(c.key()) + " " + c.reason()).toList();
    }

    private static List<String> text(Plan plan) {
      List<String> lines = new ArrayList<>();
      for (Decision decision : plan.decisions()) {
        switch (decision) {
          case Decision.Found found -> lines.add("found " + found.instant().getEpochSecond());
          case Decision.Drop drop -> lines.add("drop " + text(drop.key()) + " " + drop.reason());
          case Decision.Accept accept -> lines.add("accept " + text(accept.claim().key()));
          case Decision.Handle handle -> lines.add("handle " + handle.request().getEpochSecond());
          case Decision.Replace replace -> lines.add("replace " + text(replace.run()));
          case Decision.GiveUp giveUp -> lines.add("give up " + text(giveUp.claim().key()));
          case Decision.Find find -> lines.add("find " + text(find.claim().key()));
          case Decision.Start start -> {
            String run = text(start.claim().key());
            int accepted = lines.indexOf("accept " + run);
            if (accepted >= 0) {
              lines.remove(accepted);
            }
            lines.add("start " + run);
          }
          case Decision.Delete delete -> lines.add("delete " + text(delete.run().key()));
        }
      }
      return lines;
    }

    private static String text(RunKey key) {
      String kind =
          switch (key) {
            case RunKey.Clock clock -> "";
            case RunKey.Request request -> "request ";
            case RunKey.Backfill backfill -> "backfill ";
          };
      return kind + key.time().getEpochSecond();
    }
  }
}
