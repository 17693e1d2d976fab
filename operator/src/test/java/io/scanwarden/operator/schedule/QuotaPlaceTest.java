package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import io.scanwarden.operator.tenant.Excess;
import io.scanwarden.operator.tenant.QuotaAnswer;
import io.scanwarden.operator.tenant.RunPlaces;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class QuotaPlaceTest {
  private static final Instant T = Instant.parse("2026-03-01T12:00:00Z");
  private static final String UID = "uid";

  /** A quota whose answers the test gives. */
  private static final class Places implements RunPlaces {
    private boolean counts = true;
    private final List<Set<String>> asked = new ArrayList<>();
    private final List<CompletableFuture<QuotaAnswer>> answers = new ArrayList<>();
    private final Map<String, Set<String>> held = new HashMap<>();

    @Override
    public boolean counts(String namespace) {
      return counts;
    }

    @Override
    public CompletableFuture<QuotaAnswer> ask(String namespace, String run, Set<String> jobs) {
      asked.add(jobs);
      answers.add(new CompletableFuture<>());
      return answers.getLast();
    }

    @Override
    public void hold(String namespace, String run, Set<String> jobs) {
      if (jobs.isEmpty()) {
        held.remove(run);
      } else {
        held.put(run, jobs);
      }
    }

    @Override
    public void created(String namespace, String job, String uid, int slots) {}
  }

  private final Places places = new Places();
  private final List<ScheduleKey> turns = new ArrayList<>();
  private final QuotaPlace place =
      new QuotaPlace(new QuotaTurns(places, turns::add), new ScheduleKey("ns", "scan"));

  @Test
  void asksOnceForAllJobsOfARun() {
    Claim claim = waiting(T, "a", "b");
    assertThat(place.answers(List.of()).accepts(claim.key())).isFalse();

    place.ask(UID, List.of(claim), T);
    place.ask(UID, List.of(claim), T.plusSeconds(60));

    assertThat(places.asked).hasSize(1);
    assertThat(places.asked.getFirst()).hasSize(2);
    assertThat(place.answers(List.of(claim)).accepts(claim.key())).isFalse();

    places.answers.getFirst().complete(new QuotaAnswer.Granted());

    assertThat(turns).containsExactly(new ScheduleKey("ns", "scan"));
    assertThat(place.answers(List.of(claim)).accepts(claim.key())).isTrue();
    place.follow(UID, List.of(claim.because(WaitReason.STARTING)));
    assertThat(places.held.values()).containsExactly(places.asked.getFirst());
    place.follow(UID, List.of());
    assertThat(places.held).isEmpty();
  }

  @Test
  void aRefusalSaysWhy() {
    Claim claim = waiting(T, "");
    place.answers(List.of());
    place.ask(UID, List.of(claim), T);

    places.answers.getFirst().complete(refused());

    assertThat(place.answers(List.of(claim)).refused())
        .containsExactly(
            Map.entry(
                claim.key(),
                "Tenant quota exceeded for activeJobs: limit=3, current=3, attempted=1."
                    + " Reduce usage or raise the tenant quota."));
    place.follow(UID, List.of(claim));
    assertThat(places.held).isEmpty();
  }

  @Test
  void withoutAnAnswerItAsksAgainAfterAWhile() {
    Claim claim = waiting(T, "");
    place.answers(List.of());
    place.ask(UID, List.of(claim), T);
    assertThat(place.askAgainAt(List.of(claim))).isEqualTo(Instant.MAX);

    places.answers.getFirst().complete(new QuotaAnswer.Unknown("not counted"));

    Instant again = place.askAgainAt(List.of(claim));
    assertThat(again).isAfter(T);
    place.ask(UID, List.of(claim), again.minusMillis(1));
    assertThat(places.asked).hasSize(1);
    place.ask(UID, List.of(claim), again);
    assertThat(places.asked).hasSize(2);
    assertThat(place.answers(List.of(claim)).accepts(claim.key())).isFalse();
  }

  /** What an earlier leader had accepted is never refused; what still waited asks anew. */
  @Test
  void whatWasAcceptedBeforeARestartHasItsPlaces() {
    Claim accepted = waiting(T, "").because(WaitReason.PREVIOUS_RUN_ACTIVE);
    Claim unanswered = waiting(T.plusSeconds(60), "");

    place.takeUp(List.of(accepted, unanswered));
    place.follow(UID, List.of(accepted, unanswered));

    assertThat(places.held).hasSize(1);
    Situation.Quota quota = place.answers(List.of(accepted, unanswered));
    assertThat(quota.accepts(accepted.key())).isTrue();
    assertThat(quota.accepts(unanswered.key())).isFalse();
  }

  @Test
  void whatWasAcceptedBeforeThereWasAQuotaHasItsPlaces() {
    Claim claim = waiting(T, "").because(WaitReason.POOL_AT_CAPACITY);
    places.counts = false;
    assertThat(place.answers(List.of(claim)).applies()).isFalse();
    place.follow(UID, List.of(claim));
    assertThat(places.held).isEmpty();

    places.counts = true;

    assertThat(place.answers(List.of(claim)).accepts(claim.key())).isTrue();
    place.follow(UID, List.of(claim));
    assertThat(places.held).hasSize(1);
    places.counts = false;
    place.answers(List.of(claim));
    place.follow(UID, List.of(claim));
    assertThat(places.held).isEmpty();
  }

  @Test
  void whatHasBegunNeedsNoWord() {
    Claim rest = waiting(T, "b", "c").asBegun().because(WaitReason.STAGGER);
    place.answers(List.of());

    place.ask(UID, List.of(rest), T);
    place.follow(UID, List.of(rest));

    assertThat(places.asked).isEmpty();
    assertThat(places.held.values()).singleElement().satisfies(jobs -> assertThat(jobs).hasSize(2));
  }

  private static Claim waiting(Instant due, String... targets) {
    return Claim.whole(new RunKey.Clock(due), Trigger.CRON, List.of(targets), due)
        .because(WaitReason.TENANT_QUOTA);
  }

  private static QuotaAnswer refused() {
    return new QuotaAnswer.Refused(new Excess("team-a", "activeJobs", 3, 3, 1));
  }
}
