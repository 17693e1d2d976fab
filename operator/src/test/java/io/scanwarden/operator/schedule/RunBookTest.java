package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.run.Run;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunBookTest {
  private static final Instant T = Instant.ofEpochSecond(1_000);

  private final RunBook book = new RunBook();

  @Test
  void theHigherVersionIsTheNewer() {
    assertThat(book.seen(Runs.run(10, 5, Run.Phase.ACTIVE, false), T)).isTrue();
    assertThat(book.seen(Runs.run(10, 5, Run.Phase.SUCCEEDED, false), T)).isFalse();
    assertThat(book.seen(Runs.run(10, 4, Run.Phase.SUCCEEDED, false), T)).isFalse();
    assertThat(book.seen(Runs.run(10, 6, Run.Phase.SUCCEEDED, false), T)).isTrue();
    assertThat(book.find(Runs.uid(10)).orElseThrow().finished()).isTrue();
  }

  @Test
  void theWatchTellsMoreThanTheAnswerToACreate() {
    Run created = Runs.active(10);
    book.created(created, T);
    assertThat(book.seen(created, T)).as("nothing new").isFalse();

    book.created(Runs.active(20), T);
    Run more = Runs.run(20, 1, Run.Phase.ACTIVE, true);
    assertThat(book.seen(more, T)).isTrue();
    assertThat(book.find(Runs.uid(20))).contains(more);
    assertThat(book.seen(Runs.active(20), T)).isFalse();
  }

  @Test
  void aCreatedJobThatTheWatchDoesNotTellOfIsAskedForNowAndThen() {
    Run run = Runs.active(10);
    book.created(run, T);

    assertThat(book.checks(T)).isEmpty();
    Instant due = book.nextCheck(T);
    assertThat(due).isEqualTo(T.plus(RunBook.SEEN_EXPECTED));
    assertThat(book.checks(due)).containsExactly(new Operation.Verify(run));
    assertThat(book.checks(due)).as("asked once").isEmpty();
    assertThat(book.nextCheck(due)).isEqualTo(Instant.MAX);
    book.asked(run.uid(), due.plusSeconds(30));
    assertThat(book.nextCheck(due)).isEqualTo(due.plusSeconds(30));
  }

  @Test
  void whatAListHasStaysAskedForUntilTheWatchTellsOfIt() {
    Run run = Runs.finished(10, Run.Phase.SUCCEEDED);
    book.listed(run, T);
    assertThat(book.nextCheck(T)).isNotEqualTo(Instant.MAX);

    book.seen(run, T);
    assertThat(book.nextCheck(T)).isEqualTo(Instant.MAX);
  }

  @Test
  void aLateWatchDoesNotBringBackWhatIsKnownToBeGone() {
    book.seen(Runs.active(10), T);
    book.missing(Runs.uid(10), T);

    assertThat(book.seen(Runs.run(10, 9, Run.Phase.SUCCEEDED, false), T)).isFalse();
    assertThat(book.runs(Runs.SCHEDULE_UID)).isEmpty();
  }

  @Test
  void whatIsOlderThanAListAndNotInItIsOfThePast() {
    book.seen(Runs.run(10, 5, Run.Phase.ACTIVE, false), T);
    book.seen(Runs.run(20, 6, Run.Phase.ACTIVE, false), T);
    book.seen(Runs.run(30, 9, Run.Phase.ACTIVE, false), T);

    book.listed(Set.of(Runs.uid(20)), 7);
    assertThat(book.seen(Runs.run(40, 7, Run.Phase.ACTIVE, false), T)).isFalse();
    assertThat(book.seen(Runs.run(50, 8, Run.Phase.ACTIVE, false), T)).isTrue();

    assertThat(book.uids()).containsExactlyInAnyOrder(Runs.uid(20), Runs.uid(30), Runs.uid(50));
  }

  @Test
  void podsLingerUnlessTheRunHadEndedOrWasDeletedAfterThem() {
    book.seen(Runs.finished(10, Run.Phase.FAILED), T);
    book.seen(Runs.run(20, 3, Run.Phase.ACTIVE, true), T);
    book.seen(Runs.active(30), T);
    book.gone(Runs.uid(10), T);
    book.gone(Runs.uid(20), T);
    assertThat(book.lingering(Runs.SCHEDULE_UID)).isZero();

    book.gone(Runs.uid(30), T);
    assertThat(book.lingering(Runs.SCHEDULE_UID)).isEqualTo(1);
    assertThat(book.checks(T)).containsExactly(new Operation.CheckPods(Runs.active(30)));
    book.podsGone(Runs.uid(30));
    assertThat(book.isEmpty()).isTrue();
  }

  @Test
  void aQuestionAboutPodsDoesNotHoldUpADeletion() {
    Run run = Runs.active(10);
    book.seen(run, T);
    assertThat(book.checks(T)).containsExactly(new Operation.ExplainPods(run));
    book.asked(run.uid(), T.plusSeconds(60));
    assertThat(book.deleting(T)).isEmpty();

    book.delete(run.uid());
    assertThat(book.deleting(T)).containsExactly(run.uid());
    book.notDeleted(run.uid(), T.plusSeconds(2));
    assertThat(book.deleting(T)).containsExactly(run.uid());
    assertThat(book.nextCheck(T)).isEqualTo(T.plusSeconds(2));
    assertThat(book.deleting(T.plusSeconds(2))).isEmpty();
  }
}
