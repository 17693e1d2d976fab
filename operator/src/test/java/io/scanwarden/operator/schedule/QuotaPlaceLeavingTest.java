package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What runs give back that are dropped or change hands while they ask. */
class QuotaPlaceLeavingTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final String UID = "uid";

  /** A quota that gives a run its places when it grants them, whoever still wants them. */
  private static final class Places implements RunPlaces {
    private final List<CompletableFuture<QuotaAnswer>> asked = new ArrayList<>();
    private final Map<String, Set<String>> held = new HashMap<>();
    private String lastRun = "";
    private Set<String> lastJobs = Set.of();

    @Override
    public boolean counts(String namespace) {
      return true;
    }

    @Override
    public CompletableFuture<QuotaAnswer> ask(String namespace, String run, Set<String> jobs) {
      CompletableFuture<QuotaAnswer> answer = new CompletableFuture<>();
      asked.add(answer);
      lastRun = run;
      lastJobs = jobs;
      return answer;
    }

    void grant() {
      held.put(lastRun, lastJobs);
      if (!asked.getLast().complete(new QuotaAnswer.Granted())) {
        held.remove(lastRun);
      }
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
  private final QuotaPlace place =
      new QuotaPlace(new QuotaTurns(places, schedule -> {}), new ScheduleKey("ns", "scan"));

  private static Claim claim(WaitReason reason) {
    return Claim.whole(new RunKey.Clock(T), Trigger.CRON, List.of("a", "b"), T).because(reason);
  }

  @Test
  void aRunThatIsDroppedBeforeItHearsOfItsPlacesLeavesNone() {
    List<Claim> waiting = List.of(claim(WaitReason.TENANT_QUOTA));
    place.ask(UID, waiting, T);
    places.grant();

    place.follow(UID, List.of());

    assertThat(places.held).isEmpty();
  }

  @Test
  void aRunThatIsDroppedBeforeItIsAnsweredGetsNone() {
    place.ask(UID, List.of(claim(WaitReason.TENANT_QUOTA)), T);

    place.follow(UID, List.of());
    places.grant();

    assertThat(places.asked.getLast().join()).isInstanceOf(QuotaAnswer.Unknown.class);
    assertThat(places.held).isEmpty();
  }

  /** A new leader finds in the status why a run waited: for these, it had no places yet. */
  @ParameterizedTest
  @EnumSource(names = {"TENANT_QUOTA", "RECORDING", "JITTER", "SUSPENDED"})
  void whoHadNotComeToAskDoesSoAfterARestart(WaitReason reason) {
    place.takeUp(List.of(claim(reason)));

    assertThat(place.answers(List.of(claim(reason))).accepts(new RunKey.Clock(T))).isFalse();
  }

  @ParameterizedTest
  @EnumSource(names = {"STARTING", "PREVIOUS_RUN_ACTIVE", "POOL_AT_CAPACITY", "CREATE_FAILED"})
  void whoHadItsPlacesKeepsThemAfterARestart(WaitReason reason) {
    List<Claim> waiting = List.of(claim(reason));
    place.takeUp(waiting);
    place.follow(UID, waiting);

    assertThat(place.answers(waiting).accepts(new RunKey.Clock(T))).isTrue();
    assertThat(places.held.values()).singleElement().satisfies(jobs -> assertThat(jobs).hasSize(2));
  }
}
