package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ReportsTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

  private final List<ScheduleKey> emitted = new CopyOnWriteArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicBoolean fires = new AtomicBoolean();
  private final Reports reports = new Reports(emitted::add, fires::get, 3, nanos::get);
  private final Telemetry telemetry =
      new Telemetry((r, t, x, a, m) -> {}, new Metrics(new SimpleMeterRegistry()));

  @BeforeEach
  void start() {
    reports.start();
  }

  @AfterEach
  void close() {
    reports.close();
  }

  private static ScheduleKey key(String name) {
    return new ScheduleKey("ns", name);
  }

  private static ScheduleResource resource(String name) {
    ScheduleResource resource = new ScheduleResource();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName(name)
            .withUid(Runs.SCHEDULE_UID)
            .withGeneration(1L)
            .withResourceVersion("5")
            .withCreationTimestamp(T.toString())
            .build());
    return resource;
  }

  /** Its spec is empty, and that is to be reported. */
  private ScheduleState fresh(String name) {
    ScheduleState state =
        new ScheduleState(
            key(name),
            telemetry,
            new ConcurrencyGroups(k -> {}),
            NoPools.turns(),
            QuotaTurns.UNLIMITED);
    state.resource(resource(name), T);
    state.lead(Runs.SCHEDULE_UID, Optional.empty(), T);
    state.step(T); // nothing is reported before
    return state;
  }

  /** Nothing waits for its status. */
  private ScheduleState calm(String name) {
    ScheduleState state = fresh(name);
    state.reported(state.report(T).orElseThrow(), 6);
    return state;
  }

  private ScheduleState running(String name) {
    ScheduleState state = calm(name);
    state.job(Runs.run(10, 7, Run.Phase.ACTIVE, false), T);
    return state;
  }

  private void ended(ScheduleState state) {
    state.job(Runs.run(10, 8, Run.Phase.SUCCEEDED, false), T);
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void emits(ScheduleState... states) {
    List<ScheduleKey> keys = Stream.of(states).map(ScheduleState::key).toList();
    await().untilAsserted(() -> assertThat(emitted).containsExactlyElementsOf(keys));
    emitted.clear();
  }

  private void emitsNothing() {
    await().during(Duration.ofMillis(150)).until(emitted::isEmpty);
  }

  @Test
  void whoHasNothingToReportIsNotAskedTo() {
    reports.request(
        new ScheduleState(
            key("unknown"),
            telemetry,
            new ConcurrencyGroups(k -> {}),
            NoPools.turns(),
            QuotaTurns.UNLIMITED));
    reports.request(calm("calm"));
    assertThat(reports.backlog()).isZero();
  }

  @Test
  void whatAStartWaitsForIsWrittenAtOnceAlsoWhileFiresAreDue() {
    fires.set(true);
    ScheduleState state = fresh("fresh");
    reports.request(state);
    emits(state);
  }

  @Test
  void aWriteIsAskedForOnceUntilItIsDone() {
    ScheduleState state = fresh("fresh");
    reports.request(state);
    emits(state);
    reports.request(state);
    emitsNothing();
    assertThat(reports.backlog()).isEqualTo(1);

    reports.done(state.key());
    reports.request(state);
    emits(state);
  }

  @Test
  void changesInQuickSuccessionShareAWrite() {
    ScheduleState state = running("a");
    reports.request(state);
    pass(Duration.ofMillis(200));
    ended(state);
    reports.request(state);
    emitsNothing();
    pass(Duration.ofMillis(150));
    emits(state);
    assertThat(state.report(T).orElseThrow().status().counts().succeeded()).isEqualTo(1);
  }

  @Test
  void whatIsWrittenHasNothingToReport() {
    ScheduleState state = running("a");
    state.reported(state.report(T).orElseThrow(), 8);
    assertThat(state.report(T)).isEmpty();
    reports.request(state);
    assertThat(reports.backlog()).isZero();
  }

  @Test
  void behindFiresAllWaitButNoneForTooLong() {
    fires.set(true);
    ScheduleState state = running("a");
    reports.request(state);
    pass(Reports.LATEST.minusMillis(100));
    emitsNothing();
    pass(Duration.ofMillis(100));
    emits(state);
  }

  @Test
  void inABurstThoseWhoseRunHasEndedGoFirst() {
    List<ScheduleState> burst = IntStream.range(0, 100).mapToObj(i -> running("s" + i)).toList();
    burst.forEach(reports::request);
    pass(Duration.ofSeconds(2));
    emitsNothing();
    ended(burst.get(50));
    reports.request(burst.get(50));
    emits(burst.get(50));
    pass(Duration.ofSeconds(6));
    emitsNothing();
    pass(Duration.ofSeconds(1));
    emits(burst.get(0), burst.get(1));
  }

  @Test
  void manyUrgentOnesDoNotKeepTheOldWaitingForEver() {
    fires.set(true);
    ScheduleState old = running("old");
    reports.request(old);
    pass(Reports.LATEST);
    emits(old);
    reports.done(old.key());
    old = running("older");
    reports.request(old);
    List<ScheduleState> burst = IntStream.range(0, 5).mapToObj(i -> fresh("s" + i)).toList();
    burst.forEach(reports::request);
    emits(burst.get(0), burst.get(1), burst.get(2));
    pass(Reports.LATEST);
    reports.done(burst.get(0).key());
    reports.done(burst.get(1).key());
    await().until(() -> emitted.size() == 2);
    assertThat(emitted).containsExactlyInAnyOrder(old.key(), burst.get(3).key());
  }

  @Test
  void onlySoManyAreAskedForAtATime() {
    List<ScheduleState> burst = IntStream.range(0, 5).mapToObj(i -> fresh("s" + i)).toList();
    burst.forEach(reports::request);
    emits(burst.get(0), burst.get(1), burst.get(2));
    emitsNothing();
    reports.done(burst.get(1).key());
    emits(burst.get(3));
    reports.failed(burst.get(0).key());
    emits(burst.get(4));
    assertThat(reports.backlog()).isEqualTo(4);
  }

  @Test
  void whatGetsLostIsAskedForAgain() {
    ScheduleState state = fresh("fresh");
    reports.request(state);
    emits(state);
    pass(Duration.ofSeconds(11));
    reports.request(fresh("other")); // who waits looks up
    await().until(() -> emitted.contains(state.key()));
  }

  @Test
  void theDeletedAreForgotten() {
    ScheduleState state = running("a");
    reports.request(state);
    reports.done(state.key());
    assertThat(reports.backlog()).isZero();
  }
}
