package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ActiveRunState;
import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.Counts;
import io.scanwarden.api.v1alpha1.LastSkipped;
import io.scanwarden.api.v1alpha1.RecentRun;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a schedule's status keeps over a restart: the cursor, the queue, the counts, the recent
 * runs. Everything else in the status follows from the spec and the Jobs. Not thread-safe: its
 * schedule's state guards it.
 */
final class Ledger {
  static final String SUCCEEDED = "Succeeded";
  static final String FAILED = "Failed";
  static final String REPLACED = "Replaced";
  static final String DELETED = "Deleted";
  private static final int RECENT_RUNS = 10;

  /** In one second many may start: an order that a restart does not change. */
  private static final Comparator<RecentRun> OLDEST_FIRST =
      Comparator.comparing(Ledger::startTime)
          .thenComparing(run -> Times.parse(run.scheduledTime()).orElse(Instant.EPOCH))
          .thenComparing(run -> Objects.requireNonNullElse(run.name(), ""));

  private long observedGeneration = -1;
  private @Nullable Instant cursor;
  private List<Claim> queue = List.of();
  private long succeeded;
  private long failed;
  private final Map<NotRunReason.Counter, Long> notRun = new EnumMap<>(NotRunReason.Counter.class);
  private List<RecentRun> recentRuns = new ArrayList<>();
  private final Set<String> recorded = new LinkedHashSet<>();
  private @Nullable Instant lastScheduleTime;
  private @Nullable Instant lastSuccessfulTime;
  private @Nullable Instant lastFailureTime;
  private @Nullable String lastResult;
  private @Nullable LastSkipped lastSkipped;
  private @Nullable String lastHandledRequest;
  private List<Condition> conditions = List.of();

  /**
   * What a status tells; nothing of it is trusted to be well-formed, since people can write
   * statuses too.
   */
  static Ledger of(ScanScheduleStatus status) {
    Ledger ledger = new Ledger();
    ledger.observedGeneration = orElse(status.observedGeneration(), -1L);
    ledger.cursor = instant(status.cursor());
    ledger.lastHandledRequest = status.lastHandledRequest();
    ledger.queue = ledger.queue(status.active());
    Counts counts = status.counts();
    if (counts != null) {
      ledger.succeeded = orElse(counts.succeeded(), 0L);
      ledger.failed = orElse(counts.failed(), 0L);
      ledger.notRun.put(NotRunReason.Counter.MISSED, orElse(counts.missed(), 0L));
      ledger.notRun.put(NotRunReason.Counter.SKIPPED, orElse(counts.skipped(), 0L));
      ledger.notRun.put(NotRunReason.Counter.REJECTED, orElse(counts.rejected(), 0L));
      ledger.notRun.put(NotRunReason.Counter.REPLACED, orElse(counts.replaced(), 0L));
    }
    orElse(status.recentRuns(), List.<RecentRun>of()).stream()
        .filter(run -> run.name() != null && instant(run.startTime()) != null)
        .sorted(OLDEST_FIRST)
        .forEach(ledger.recentRuns::add);
    ledger.recorded.addAll(orElse(status.recorded(), List.of()));
    ledger.lastScheduleTime = instant(status.lastScheduleTime());
    ledger.lastSuccessfulTime = instant(status.lastSuccessfulTime());
    ledger.lastFailureTime = instant(status.lastFailureTime());
    ledger.lastResult = status.lastResult();
    ledger.lastSkipped = status.lastSkipped();
    ledger.conditions = orElse(status.conditions(), List.of());
    return ledger;
  }

  /**
   * What to take a status for that cannot be read: something was in force here, so that nothing
   * before now is made up for, and no earlier request counts.
   */
  static ScanScheduleStatus unreadable(Instant now) {
    return new ScanScheduleStatus(
        0L,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        now.toString());
  }

  private List<Claim> queue(@Nullable List<ActiveRun> active) {
    Map<RunKey, Claim> queue = new LinkedHashMap<>();
    for (ActiveRun run : orElse(active, List.<ActiveRun>of())) {
      Optional<Trigger> trigger = Optional.ofNullable(run.trigger()).flatMap(Trigger::parse);
      Instant time = instant(run.scheduledTime());
      if (run.state() == ActiveRunState.QUEUED
          && trigger.isPresent()
          && time != null
          && isAccepted(trigger.get(), time)) {
        RunKey key = RunKey.of(trigger.get(), time);
        WaitReason reason =
            Optional.ofNullable(run.reason())
                .flatMap(WaitReason::parse)
                .orElse(WaitReason.STARTING);
        // Its jitter, if it still waits for that, is added again when the spec is known.
        queue.putIfAbsent(key, new Claim(key, trigger.get(), time, reason));
      }
    }
    return List.copyOf(queue.values());
  }

  /** What lies ahead of the cursor is still to be decided, whatever a status says. */
  private boolean isAccepted(Trigger trigger, Instant time) {
    return Optional.ofNullable(trigger.isClock() ? cursor : instant(lastHandledRequest))
        .filter(decided -> !time.isAfter(decided))
        .isPresent();
  }

  // ---- what the planner decided

  long observedGeneration() {
    return observedGeneration;
  }

  Optional<Instant> cursor() {
    return Optional.ofNullable(cursor);
  }

  /** Another generation is in force, and what it is about begins after that instant. */
  void begin(long generation, Instant from) {
    observedGeneration = generation;
    cursor = cursor == null || from.isAfter(cursor) ? from : cursor;
  }

  void observed(long generation) {
    observedGeneration = generation;
  }

  void moveTo(Instant newCursor, List<Claim> newQueue) {
    cursor = newCursor;
    queue = newQueue;
  }

  List<Claim> queue() {
    return queue;
  }

  /** Whether the run waits. */
  boolean isWaiting(RunKey run) {
    return queue.stream().anyMatch(claim -> claim.key().equals(run));
  }

  /** The run has its Job, and waits no more. */
  void remove(RunKey run) {
    if (isWaiting(run)) {
      queue = queue.stream().filter(claim -> !claim.key().equals(run)).toList();
    }
  }

  /**
   * Gives the claims of a status back what it does not tell: the jitter of instants, and, where
   * runs wait for each other, that the time for which this one did is no lateness.
   */
  void restoreClaims(ScheduleSpec spec) {
    boolean waited =
        spec.concurrencyPolicy() == ConcurrencyPolicy.QUEUE
            || spec.concurrencyPolicy() == ConcurrencyPolicy.REPLACE;
    queue =
        queue.stream()
            .map(claim -> waited ? claim.because(WaitReason.PREVIOUS_RUN_ACTIVE) : claim)
            .map(
                claim ->
                    claim.trigger().isClock()
                        ? claim.startingAt(spec.timeline().startOf(claim.key().time()))
                        : claim)
            .toList();
  }

  void dropped(Decision.Drop drop) {
    notRun.merge(drop.reason().counter(), 1L, Long::sum);
    lastSkipped =
        new LastSkipped(drop.key().time().toString(), drop.reason().toString(), drop.message());
  }

  /** The request with that value, an RFC 3339 time, was accepted or dropped. */
  void handled(String request) {
    lastHandledRequest = request;
  }

  Optional<Instant> lastHandledRequestTime() {
    return Optional.ofNullable(instant(lastHandledRequest));
  }

  @Nullable String lastHandledRequest() {
    return lastHandledRequest;
  }

  // ---- what the Jobs tell

  /** A run's Job exists. */
  void started(Run run) {
    Instant time = run.key().time();
    if (lastScheduleTime == null || time.isAfter(lastScheduleTime)) {
      lastScheduleTime = time;
    }
    // One that is recorded was among them, in its time.
    if (find(run.name()) < 0 && !isRecorded(run.uid())) {
      recentRuns.add(recent(run, null));
      recentRuns.sort(OLDEST_FIRST);
      if (recentRuns.size() > RECENT_RUNS) {
        recentRuns.removeFirst();
      }
    }
  }

  /**
   * A run has ended.
   *
   * @return whether this was not known before, and is counted now
   */
  boolean finished(Run run) {
    if (!recorded.add(run.uid())) {
      return false;
    }
    Instant end = run.endTime();
    if (run.phase() == Run.Phase.SUCCEEDED) {
      succeeded++;
      lastSuccessfulTime = later(lastSuccessfulTime, end);
      result(run, SUCCEEDED);
    } else {
      failed++;
      lastFailureTime = later(lastFailureTime, end);
      result(run, FAILED);
    }
    return true;
  }

  /** An active run gives way to a newer one. */
  void replaced(Run run) {
    recorded.add(run.uid());
    notRun.merge(NotRunReason.Counter.REPLACED, 1L, Long::sum);
    result(run, REPLACED);
  }

  /** Somebody deleted the Job of an active run. */
  void deleted(Run run) {
    result(run, DELETED);
  }

  /** Those of the recent runs that have no Job any more, and no result, ended unseen. */
  void lost(Set<String> jobs) {
    recentRuns.replaceAll(
        run ->
            run.result() == null && !jobs.contains(run.name())
                ? new RecentRun(
                    run.name(),
                    run.trigger(),
                    run.scheduledTime(),
                    run.startTime(),
                    run.completionTime(),
                    DELETED,
                    run.attempts(),
                    run.message())
                : run);
  }

  boolean isRecorded(String uid) {
    return recorded.contains(uid);
  }

  /** The UIDs that are recorded, as they stand now. */
  Set<String> recorded() {
    return Set.copyOf(recorded);
  }

  /** UIDs of Jobs that are gone need no record. */
  void forgetAllBut(Set<String> existing) {
    recorded.retainAll(existing);
  }

  private void result(Run run, String result) {
    lastResult = result;
    int i = find(run.name());
    if (i >= 0) {
      recentRuns.set(i, recent(run, result));
    }
  }

  private int find(String name) {
    for (int i = 0; i < recentRuns.size(); i++) {
      if (name.equals(recentRuns.get(i).name())) {
        return i;
      }
    }
    return -1;
  }

  private static RecentRun recent(Run run, @Nullable String result) {
    return new RecentRun(
        run.name(),
        run.trigger().toString(),
        run.key().time().toString(),
        run.created().toString(),
        run.completed().map(Instant::toString).orElse(null),
        result,
        1,
        run.message().isEmpty() ? null : run.message());
  }

  private static Instant startTime(RecentRun run) {
    return Times.parse(run.startTime()).orElse(Instant.EPOCH);
  }

  private static Instant later(@Nullable Instant a, Instant b) {
    return a == null || b.isAfter(a) ? b : a;
  }

  // ---- for the status

  Counts counts() {
    return new Counts(
        succeeded,
        failed,
        notRun.getOrDefault(NotRunReason.Counter.MISSED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.SKIPPED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.REJECTED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.REPLACED, 0L));
  }

  /** Whether a run of it ever started, or was decided not to. */
  boolean isUntouched() {
    return lastScheduleTime == null && lastSkipped == null;
  }

  /** The newest first. */
  List<RecentRun> recentRuns() {
    return recentRuns.reversed().stream().toList();
  }

  List<Condition> conditions() {
    return conditions;
  }

  void conditions(List<Condition> newConditions) {
    conditions = List.copyOf(newConditions);
  }

  @Nullable String lastScheduleTime() {
    return text(lastScheduleTime);
  }

  @Nullable String lastSuccessfulTime() {
    return text(lastSuccessfulTime);
  }

  @Nullable String lastFailureTime() {
    return text(lastFailureTime);
  }

  @Nullable String lastResult() {
    return lastResult;
  }

  @Nullable LastSkipped lastSkipped() {
    return lastSkipped;
  }

  private static @Nullable String text(@Nullable Instant instant) {
    return instant == null ? null : instant.toString();
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return Times.parse(text).orElse(null);
  }

  private static <T> T orElse(@Nullable T value, T other) {
    return value == null ? other : value;
  }
}
