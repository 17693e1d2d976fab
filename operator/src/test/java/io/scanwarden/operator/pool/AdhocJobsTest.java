package io.scanwarden.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.PodMetadata;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.SlotTenant;
import io.scanwarden.operator.time.TestWorkClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Jobs of anybody in a pool of one slot: what each holds, when it starts, what it leaves. */
@NullUnmarked
class AdhocJobsTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final PoolKey POOL = new PoolKey("ns", "small");
  private static final String QUEUED = ",\"scanwarden.io/queued\":\"true\"";

  private final TestWorkClock clock = new TestWorkClock(T, 0);
  private final PoolAdmission pools =
      new PoolAdmission(clock, namespace -> Optional.empty(), SlotTenant::withoutQuota, metrics());
  private final List<String> events = new ArrayList<>();
  private final AdhocJobs jobs =
      new AdhocJobs(
          pools,
          (regarding, type, reason, action, message) ->
              events.add(regarding.getName() + " " + reason),
          new Metrics(new SimpleMeterRegistry()));
  private final Wanted wanted = new Wanted();
  private long version = 100;

  /** What is to be done, by hand. */
  private static final class Wanted implements AdhocActions {
    final List<AdhocJob> starts = new ArrayList<>();
    final List<AdhocJob> reads = new ArrayList<>();
    final List<String> pods = new ArrayList<>();
    // Pools tell from a thread of their own when a moment has come.
    final Queue<Runnable> now = new ConcurrentLinkedQueue<>();
    final Queue<Runnable> later = new ConcurrentLinkedQueue<>();

    @Override
    public void start(AdhocJob job) {
      starts.add(job);
    }

    @Override
    public void read(AdhocJob job, Duration after) {
      reads.add(job);
    }

    @Override
    public void findPods(String namespace, String jobUid, Duration after) {
      pods.add(jobUid);
    }

    @Override
    public void later(Runnable action, Duration after) {
      (after.isZero() ? now : later).add(action);
    }

    void settle() {
      run(now);
    }

    void pass() {
      run(later);
      run(now);
    }

    private static void run(Queue<Runnable> actions) {
      for (Runnable next = actions.poll(); next != null; next = actions.poll()) {
        next.run();
      }
    }

    /** Those that were to be started since this was last asked. */
    List<String> started() {
      settle();
      List<String> names = starts.stream().map(job -> job.key().name()).toList();
      starts.clear();
      return names;
    }
  }

  @BeforeEach
  void lead() {
    PoolsForTests.put(pools, POOL, 1);
    jobs.listed(List.of(), version);
    jobs.listedOfSchedules(List.of(), version);
    jobs.lead(wanted);
    PoolsForTests.start(pools);
  }

  @AfterEach
  void close() {
    pools.close();
  }

  private JobResource job(String name, String labels, String spec, String status)
      throws IOException {
    return JSON.readValue(
        """
        {"metadata":{"name":"%s","namespace":"ns","uid":"uid-%s","resourceVersion":"%d",
          "creationTimestamp":"%s","labels":{"scanwarden.io/pool":"small"%s}},
         "spec":{%s},"status":{%s}}"""
            .formatted(name, name, ++version, T.plusSeconds(version), labels, spec, status),
        JobResource.class);
  }

  private JobResource queued(String name) throws IOException {
    return job(name, QUEUED, "\"suspend\":true", "");
  }

  private JobResource running(String name) throws IOException {
    return job(name, "", "\"suspend\":false,\"parallelism\":1", "\"active\":1");
  }

  private JobResource ended(String name) throws IOException {
    return job(
        name,
        "",
        "\"suspend\":false",
        "\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]");
  }

  private AdhocJob startOf(String name) {
    wanted.settle();
    AdhocJob job = wanted.starts.removeFirst();
    assertThat(job.key().name()).isEqualTo(name);
    return job;
  }

  private long slotsTaken() {
    return pools.numbers(POOL).running();
  }

  @Test
  void oneAfterTheOtherByCreation() throws IOException {
    jobs.seen(queued("a"));
    jobs.seen(queued("b"));
    AdhocJob a = startOf("a");
    jobs.started(a, ++version, T);
    jobs.seen(running("a"));
    assertThat(wanted.started()).isEmpty();
    assertThat(jobs.queued(POOL)).isEqualTo(1);

    jobs.seen(ended("a"));

    assertThat(wanted.started()).containsExactly("b");
  }

  @Test
  void toldWhyItWaitsOnce() throws IOException {
    jobs.seen(running("a"));
    jobs.seen(queued("b"));

    wanted.settle();
    PoolsForTests.tellReasons(pools, POOL);
    wanted.settle();
    jobs.seen(queued("b"));
    PoolsForTests.tellReasons(pools, POOL);
    wanted.settle();

    assertThat(events).containsExactly("a NotGated", "b PoolAtCapacity");
  }

  @Test
  void oneThatItsAuthorSuspendedWaitsForHim() throws IOException {
    jobs.seen(job("a", "", "\"suspend\":true", ""));

    assertThat(wanted.started()).isEmpty();
    assertThat(slotsTaken()).isZero();
    assertThat(jobs.queued(POOL)).isZero();

    jobs.seen(queued("a")); // resumed, and queued by the webhook

    assertThat(wanted.started()).containsExactly("a");
  }

  @Test
  void oneThatWasNotGatedTakesItsSlotsAnyhow() throws IOException {
    jobs.seen(job("big", "", "\"parallelism\":3", ""));

    assertThat(slotsTaken()).isEqualTo(3);
    assertThat(events).containsExactly("big NotGated");
    jobs.seen(queued("b"));
    assertThat(wanted.started()).isEmpty();
  }

  @Test
  void whatARefusedStartHadIsGivenBackAndItIsTriedAgain() throws IOException {
    jobs.seen(queued("a"));
    AdhocJob a = startOf("a");
    jobs.seen(queued("b"));

    jobs.refused(a, "forbidden");

    assertThat(events).containsExactly("a StartRefused");
    jobs.started(startOf("b"), ++version, T);
    jobs.seen(ended("b"));
    wanted.pass();
    assertThat(wanted.started()).containsExactly("a");
  }

  @Test
  void anUnansweredStartKeepsItsSlotAndIsRepeatedWhileItMayBeUnderWay() throws IOException {
    JobResource waiting = queued("a");
    jobs.seen(waiting);
    AdhocJob a = startOf("a");
    jobs.seen(queued("b"));

    jobs.unanswered(a);
    jobs.read(waiting);

    assertThat(wanted.started()).containsExactly("a");
    jobs.unanswered(a);
    jobs.read(running("a"));
    assertThat(wanted.started()).isEmpty();
    assertThat(slotsTaken()).isEqualTo(1);
    jobs.seen(ended("a"));
    assertThat(wanted.started()).containsExactly("b");
  }

  @Test
  void aStartThatCameTooLateForANoteKeepsItsTurn() throws IOException {
    JobResource waiting = queued("a");
    jobs.seen(waiting);
    AdhocJob a = startOf("a");
    jobs.seen(queued("b"));
    JobResource noted =
        job(
            "a",
            QUEUED,
            "\"suspend\":true",
            "\"conditions\":[{\"type\":\"Suspended\",\"status\":\"True\"}]");
    noted.getMetadata().setCreationTimestamp(waiting.getMetadata().getCreationTimestamp());

    jobs.unanswered(a); // a conflict
    jobs.read(noted);

    assertThat(wanted.started()).containsExactly("a");
    assertThat(slotsTaken()).isEqualTo(1);
  }

  @Test
  void anUnansweredStartOfAJobThatChangedMeanwhileIsDecidedAnew() throws IOException {
    jobs.seen(queued("a"));
    AdhocJob a = startOf("a");

    jobs.unanswered(a);
    jobs.read(job("a", "", "\"suspend\":true", "")); // taken back by its author

    assertThat(wanted.started()).isEmpty();
    assertThat(slotsTaken()).isZero();
  }

  @Test
  void theSlotsOfADeletedJobAreFreeWhenItsPodsAreGone() throws IOException {
    JobResource a = running("a");
    jobs.seen(a);
    jobs.seen(queued("b"));

    jobs.gone(a);

    assertThat(wanted.started()).isEmpty();
    assertThat(wanted.pods).containsExactly("uid-a");
    jobs.pods("ns", "uid-a", true);
    assertThat(wanted.started()).isEmpty();
    jobs.pods("ns", "uid-a", false);
    assertThat(wanted.started()).containsExactly("b");
  }

  @Test
  void aJobThatIsDeletedWhileItIsBeingStartedMayHavePods() throws IOException {
    JobResource a = queued("a");
    jobs.seen(a);
    AdhocJob start = startOf("a");
    jobs.seen(queued("b"));

    jobs.gone(a);
    jobs.started(start, ++version, T);

    assertThat(wanted.started()).isEmpty();
    jobs.pods("ns", "uid-a", false);
    assertThat(wanted.started()).containsExactly("b");
  }

  @Test
  void deletedInTheForegroundOrWhileItWaitedItLeavesNothing() throws IOException {
    jobs.seen(running("a"));
    jobs.seen(queued("b"));
    jobs.gone(queued("b"));
    JobResource last = running("a");
    last.getMetadata().setFinalizers(List.of("foregroundDeletion"));
    jobs.gone(last);

    assertThat(wanted.pods).isEmpty();
    assertThat(slotsTaken()).isZero();
    assertThat(wanted.started()).isEmpty();
  }

  @Test
  void suspendedByAPersonItKeepsItsSlotsUntilItsPodsAreGone() throws IOException {
    jobs.seen(running("a"));
    jobs.seen(queued("b"));

    jobs.seen(job("a", "", "\"suspend\":true", "")); // its controller knows nothing of it yet
    assertThat(slotsTaken()).isEqualTo(1);
    String noted = "\"conditions\":[{\"type\":\"Suspended\",\"status\":\"True\"}]";
    jobs.seen(job("a", "", "\"suspend\":true", "\"terminating\":1," + noted));
    assertThat(wanted.started()).isEmpty();
    jobs.seen(job("a", "", "\"suspend\":true", noted));
    assertThat(wanted.started()).isEmpty();
    jobs.pods("ns", "uid-a", false);

    assertThat(wanted.started()).containsExactly("b");
  }

  /** Its controller completes it only when it is resumed, and says nothing until then. */
  @Test
  void suspendedWhenItsOutcomeWasSettledItWaitsForItsTurn() throws IOException {
    jobs.seen(running("a"));
    String settled =
        "\"succeeded\":1,\"conditions\":[{\"type\":\"SuccessCriteriaMet\",\"status\":\"True\"}]";

    jobs.seen(job("a", QUEUED, "\"suspend\":true", settled));
    jobs.pods("ns", "uid-a", false);

    assertThat(wanted.started()).containsExactly("a");
  }

  @Test
  void suspendedBeforeItsControllerKnewOfItsStartItMayHavePods() throws IOException {
    String old = "\"conditions\":[{\"type\":\"Suspended\",\"status\":\"True\"}]";
    jobs.seen(job("a", QUEUED, "\"suspend\":true", old));
    jobs.started(startOf("a"), ++version, T);
    jobs.seen(queued("b"));

    jobs.seen(job("a", "", "\"suspend\":true", old));

    assertThat(wanted.started()).isEmpty();
    assertThat(wanted.pods).containsExactly("uid-a");
    jobs.pods("ns", "uid-a", true);
    assertThat(wanted.started()).isEmpty();
    jobs.pods("ns", "uid-a", false);
    assertThat(wanted.started()).containsExactly("b");
  }

  @Test
  void suspendedWhileTheAnswerToItsStartIsUnderWayItMayHavePods() throws IOException {
    jobs.seen(queued("a"));
    AdhocJob start = startOf("a");
    jobs.seen(queued("b"));

    jobs.seen(job("a", "", "\"suspend\":false", ""));
    jobs.seen(job("a", "", "\"suspend\":true", ""));
    jobs.started(start, version - 1, T);

    assertThat(wanted.started()).isEmpty();
    assertThat(slotsTaken()).isEqualTo(1);
  }

  @Test
  void oneThatWasStartedAndSuspendedUnseenMayHavePods() throws IOException {
    JobResource a = job("a", "", "\"suspend\":true", "");
    a.getMetadata().setAnnotations(Map.of("scanwarden.io/admitted-at", T.toString()));

    jobs.seen(a);

    assertThat(slotsTaken()).isEqualTo(1);
  }

  @Test
  void whatItGotItLosesIfItNeedsMoreBeforeItIsStarted() throws IOException {
    PoolsForTests.put(pools, POOL, 3);
    jobs.seen(job("a", "", "\"suspend\":false,\"parallelism\":2", ""));
    jobs.seen(queued("b"));
    jobs.seen(job("b", QUEUED, "\"suspend\":true,\"parallelism\":3", ""));

    assertThat(wanted.started()).isEmpty();
    assertThat(slotsTaken()).isEqualTo(2);
    jobs.seen(ended("a"));
    jobs.started(startOf("b"), ++version, T);
    assertThat(slotsTaken()).isEqualTo(3);
  }

  @Test
  void itsSlotsFollowItWhenItsLabelsChange() throws IOException {
    jobs.seen(running("a"));
    jobs.seen(job("a", ",\"scanwarden.io/schedule\":\"s\"", "\"suspend\":false", ""));
    assertThat(slotsTaken()).isEqualTo(1);
    jobs.seen(running("a"));
    assertThat(slotsTaken()).isEqualTo(1);

    jobs.seen(ended("a"));

    assertThat(slotsTaken()).isZero();
  }

  @Test
  void whatThePoolDoesNotAllowFillsNoQueue() throws IOException {
    JobResource foreign = queued("a");
    foreign.getMetadata().setNamespace("other");
    foreign.getMetadata().getLabels().put("scanwarden.io/pool-namespace", "ns");
    jobs.seen(foreign);
    jobs.seen(queued("b"));

    assertThat(jobs.queued(POOL)).isEqualTo(1);
  }

  @Test
  void aStartOfTheFutureDelaysThoseBehindItOnce() throws IOException {
    PoolsForTests.put(pools, POOL, 5, Duration.ofSeconds(30));
    String future = T.plus(Duration.ofDays(1)).toString();
    JobResource a = running("a");
    a.getMetadata().setAnnotations(Map.of("scanwarden.io/admitted-at", future));
    jobs.seen(a);
    jobs.seen(queued("b"));
    clock.set(T.plusSeconds(20), 0);
    JobResource again = running("a");
    again.getMetadata().setAnnotations(Map.of("scanwarden.io/admitted-at", future));
    jobs.seen(again);

    clock.set(T.plusSeconds(30), 0);
    PoolsForTests.wake(pools, POOL);

    await().untilAsserted(() -> assertThat(wanted.started()).containsExactly("b"));
  }

  @Test
  void aRunThatTheWatchTellsLateIsOfAnotherList() throws IOException {
    jobs.listedOfSchedules(List.of(), version);
    JobResource resumed = run(QUEUED, "\"suspend\":true");
    JobResource past = run(QUEUED, "\"suspend\":true");
    jobs.listed(List.of(), version);
    jobs.seen(resumed);
    assertThat(wanted.started()).containsExactly("s-1");

    jobs.listedOfSchedules(List.of(), version);
    jobs.seen(past);

    assertThat(slotsTaken()).isZero();
  }

  @Test
  void whatLooksLikeARunIsNoneWithoutItsSchedulesLabel() throws IOException {
    JobResource forged = run("", "\"suspend\":false");
    forged.getMetadata().getLabels().remove("scanwarden.io/schedule");

    jobs.seen(forged);

    assertThat(slotsTaken()).isEqualTo(1);
  }

  @Test
  void resumedBeforeItsPodsAreGoneItWaitsForThem() throws IOException {
    jobs.seen(running("a"));
    String noted = "\"conditions\":[{\"type\":\"Suspended\",\"status\":\"True\"}]";

    jobs.seen(job("a", QUEUED, "\"suspend\":true", "\"terminating\":1," + noted));

    assertThat(wanted.started()).isEmpty();
    assertThat(events).contains("a WaitingForTermination");
    jobs.seen(job("a", QUEUED, "\"suspend\":true", noted));
    jobs.pods("ns", "uid-a", false);
    assertThat(wanted.started()).containsExactly("a");
  }

  @Test
  void oneOfTheSameNameIsAnother() throws IOException {
    jobs.seen(running("a"));
    JobResource again = queued("a");
    again.getMetadata().setUid("another");

    jobs.seen(again);

    assertThat(wanted.started()).isEmpty();
    jobs.pods("ns", "uid-a", false);
    assertThat(wanted.started()).containsExactly("a");
    assertThat(slotsTaken()).isEqualTo(1);
  }

  @Test
  void whatTheWatchTellsLateIsOfThePast() throws IOException {
    JobResource waiting = queued("a");
    JobResource past = queued("past");
    jobs.seen(waiting);
    AdhocJob a = startOf("a");
    jobs.started(a, ++version, T);
    jobs.seen(waiting);
    jobs.listed(List.of(running("a")), version);
    jobs.seen(past);

    assertThat(wanted.started()).isEmpty();
    assertThat(slotsTaken()).isEqualTo(1);
    assertThat(jobs.queued(POOL)).isZero();
  }

  @Test
  void aNewLeaderForgetsWhatIsNotListedButForItsPods() throws IOException {
    PoolAdmission fresh =
        new PoolAdmission(
            clock, namespace -> Optional.empty(), SlotTenant::withoutQuota, metrics());
    PoolsForTests.put(fresh, POOL, 1);
    AdhocJobs taken = new AdhocJobs(fresh, (r, t, reason, a, m) -> events.add(reason), metrics());
    taken.seen(running("a"));
    taken.listed(List.of(queued("b")), version);
    taken.listedPods(List.of(pod("a", "uid-a"), pod("a", "uid-a")));
    taken.listedPods(List.of(pod("b", "uid-b")));
    taken.listedPods(List.of(pod("", "")));
    taken.lead(wanted);
    PoolsForTests.start(fresh);

    assertThat(fresh.numbers(POOL).running()).isEqualTo(2);
    assertThat(wanted.started()).isEmpty();
    assertThat(wanted.pods).containsExactly("uid-a");
    taken.pods("ns", "uid-a", false);
    assertThat(wanted.started()).containsExactly("b");
    fresh.close();
  }

  private static PodMetadata pod(String job, String uid) throws IOException {
    return JSON.readValue(
        """
        {"metadata":{"name":"p","namespace":"ns","labels":{"scanwarden.io/pool":"small",
          "batch.kubernetes.io/job-name":"%s","batch.kubernetes.io/controller-uid":"%s"}}}"""
            .formatted(job, uid),
        PodMetadata.class);
  }

  @Test
  void theNextStartKeepsItsDistanceFromWhatAnotherLeaderStarted() throws IOException {
    PoolsForTests.put(pools, POOL, 5, Duration.ofSeconds(30));
    JobResource a = ended("a");
    a.getMetadata().setAnnotations(Map.of("scanwarden.io/admitted-at", T.minusSeconds(10) + ""));
    jobs.seen(a);
    jobs.seen(queued("b"));

    assertThat(wanted.started()).isEmpty();
    clock.set(T.plusSeconds(20), 0);
    await().untilAsserted(() -> assertThat(wanted.started()).containsExactly("b"));
  }

  @Test
  void aJobThatItsScheduleLeftBehindHoldsWhatItHas() throws IOException {
    String mark = ",\"scanwarden.io/schedule\":\"s\"";
    jobs.seen(job("s-1", mark, "\"suspend\":false", "\"active\":1"));
    assertThat(slotsTaken()).isEqualTo(1);
    jobs.listed(List.of(), version); // another list has them
    assertThat(slotsTaken()).isEqualTo(1);
    assertThat(jobs.holds(pod("s-1", "uid-s-1"))).isTrue();
    assertThat(jobs.holds(pod("s-1", "another"))).isFalse();

    jobs.gone(job("s-1", mark, "\"suspend\":false", "\"active\":1"));
    assertThat(wanted.pods).containsExactly("uid-s-1");
    assertThat(slotsTaken()).isEqualTo(1);
    jobs.pods("ns", "uid-s-1", false);
    assertThat(slotsTaken()).isZero();
  }

  @Test
  void aRunThatWasSuspendedAndResumedWaitsAndIsHandedBack() throws IOException {
    jobs.seen(running("a"));
    jobs.seen(run(QUEUED, "\"suspend\":true"));
    jobs.handOver(run(QUEUED, "\"suspend\":true"));
    assertThat(wanted.started()).isEmpty();
    assertThat(jobs.queued(POOL)).isEqualTo(1);

    jobs.seen(ended("a"));
    AdhocJob start = startOf("s-1");
    jobs.started(start, ++version, T);
    assertThat(slotsTaken()).isEqualTo(1);
    JobResource running = run("", "\"suspend\":false");
    jobs.seen(running);
    assertThat(slotsTaken()).isEqualTo(1);

    jobs.handOver(running); // its schedule has taken the slot by then

    assertThat(slotsTaken()).isZero();
    jobs.gone(running);
    assertThat(wanted.pods).isEmpty();
  }

  private JobResource run(String labels, String spec) throws IOException {
    JobResource run = job("s-1", ",\"scanwarden.io/schedule\":\"s\"" + labels, spec, "");
    run.getMetadata()
        .setAnnotations(
            Map.of("scanwarden.io/trigger", "Cron", "scanwarden.io/scheduled-at", T.toString()));
    run.getMetadata()
        .setOwnerReferences(
            List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("scanwarden.io/v1alpha1")
                    .withKind("ScanSchedule")
                    .withName("s")
                    .withUid("uid-s")
                    .withController(true)
                    .build()));
    return run;
  }

  @Test
  void aStandbyHoldsAndOffersButStartsNothing() throws IOException {
    PoolAdmission others =
        new PoolAdmission(
            clock, namespace -> Optional.empty(), SlotTenant::withoutQuota, metrics());
    PoolsForTests.put(others, POOL, 1);
    AdhocJobs standby =
        new AdhocJobs(others, (r, t, reason, a, m) -> events.add(reason), metrics());
    JobResource a = running("a");
    standby.seen(a);
    standby.seen(queued("b"));
    standby.gone(a);

    assertThat(others.numbers(POOL).running()).isZero();
    assertThat(standby.queued(POOL)).isEqualTo(1);
    assertThat(events).isEmpty();
    others.close();
  }

  private static Metrics metrics() {
    return new Metrics(new SimpleMeterRegistry());
  }
}
