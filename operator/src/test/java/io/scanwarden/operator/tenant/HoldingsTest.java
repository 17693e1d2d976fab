package io.scanwarden.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.tenant.Holdings.Totals;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HoldingsTest {
  private final Holdings holdings = new Holdings();

  private Totals totals() {
    return holdings.totals(List.of("ns"));
  }

  private static JobResource job(String name, String uid, int version) {
    JobResource job = new JobResource();
    job.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName(name)
            .withUid(uid)
            .withResourceVersion(String.valueOf(version))
            .build());
    return job;
  }

  /** A new leader lists what there is while its watches go on. */
  @Test
  void aListThatIsOverHauledByTheWatchBringsNothingBack() {
    holdings.schedule("ns", "a", "uid-a", 5);
    holdings.seen(job("j", "uid-j", 6));

    holdings.scheduleGone("ns", "a", "uid-a");
    holdings.gone(job("j", "uid-j", 8));
    holdings.schedule("ns", "a", "uid-a", 5);
    holdings.seen(job("j", "uid-j", 7));

    assertThat(totals()).isEqualTo(Totals.NONE);
  }

  @Test
  void aWatchThatIsBehindTheListTakesNothingAway() {
    holdings.schedule("ns", "a", "second", 9);

    holdings.schedule("ns", "a", "first", 5);
    holdings.scheduleGone("ns", "a", "first");

    assertThat(totals()).isEqualTo(new Totals(1, 0, 0, 0));
  }

  @Test
  void anAnswerThatComesAfterTheEndOfTheJobBringsItNotBack() {
    holdings.seen(job("run-1", "uid", 5));
    holdings.gone(job("run-1", "uid", 6));

    holdings.created("ns", "run-1", "uid", 1);

    assertThat(totals()).isEqualTo(Totals.NONE);
  }

  @Test
  void aJobThatGoesFromOneWatchToAnotherStays() {
    holdings.seen(job("j", "uid", 5));

    holdings.gone(job("j", "uid", 6));
    holdings.seen(job("j", "uid", 7));

    assertThat(totals().activeJobs()).isEqualTo(1);
  }

  @Test
  void theJobOfSomebodyElseIsNotTheOneThatIsAwaited() {
    holdings.await("ns", "run", Set.of("run-1"));
    holdings.seen(job("run-1", "forged", 5));

    assertThat(totals().activeJobs()).isEqualTo(2);
  }

  @Test
  void anAwaitedJobCountsOnceWhenItIsThere() {
    holdings.await("ns", "run", Set.of("run-1", "run-2"));
    holdings.created("ns", "run-1", "uid", 3);

    assertThat(totals()).isEqualTo(new Totals(0, 2, 3, 0));
  }

  @Test
  void whatIsGivenUpIsNotTakenFromOneWhoWaitsForItSince() {
    Set<String> first = Set.of("run-1");
    assertThat(holdings.accept("ns", "run", first)).isTrue();
    holdings.await("ns", "run", Set.of());
    holdings.await("ns", "run", Set.of("run-2"));

    holdings.giveUp("ns", "run", first);

    assertThat(totals().activeJobs()).isEqualTo(1);
    assertThat(holdings.accept("ns", "run", first)).isFalse();
  }
}
