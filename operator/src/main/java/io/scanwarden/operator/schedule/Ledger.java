package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ActiveRunState;
import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.Counts;
import io.scanwarden.api.v1alpha1.LastSkipped;
import io.scanwarden.api.v1alpha1.RecentRun;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.api.v1alpha1.TargetCounts;
import io.scanwarden.operator.observe.Conditions;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a schedule's status keeps over a restart: the cursor, the queue, the counts, the recent
 * runs. Everything else in the status follows from the spec and the Jobs. Not thread-safe: its
 * schedule's state guards it.
 */
final class Ledger {
  static final String SUCCEEDED = "Succeeded";
  static final String PARTIALLY_SUCCEEDED = "PartiallySucceeded";
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
  private long partiallySucceeded;
  private long failed;
  private final Map<NotRunReason.Counter, Long> notRun = new EnumMap<>(NotRunReason.Counter.class);
  private List<RecentRun> recentRuns = new ArrayList<>();
  private Set<String> recorded = Collections.emptySet();
  private @Nullable Instant lastScheduleTime;
  private @Nullable Instant lastSuccessfulTime;
  private @Nullable Instant lastFailureTime;
  private @Nullable String lastResult;
  private @Nullable LastSkipped lastSkipped;
  private @Nullable String lastHandledRequest;
  private @Nullable BackfillProgress backfill;
  private @Nullable String ignoredBackfill;
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
    if (status.backfill() != null) {
      ledger.backfill = BackfillProgress.of(status.backfill()).orElse(null);
      ledger.ignoredBackfill = status.backfill().ignored();
    }
    Counts counts = status.counts();
    if (counts != null) {
      ledger.succeeded = orElse(counts.succeeded(), 0L);
      ledger.partiallySucceeded = orElse(counts.partiallySucceeded(), 0L);
      ledger.failed = orElse(counts.failed(), 0L);
      ledger.notRun.put(NotRunReason.Counter.MISSED, orElse(counts.missed(), 0L));
      ledger.notRun.put(NotRunReason.Counter.SKIPPED, orElse(counts.skipped(), 0L));
      ledger.notRun.put(NotRunReason.Counter.REJECTED, orElse(counts.rejected(), 0L));
      ledger.notRun.put(NotRunReason.Counter.REPLACED, orElse(counts.replaced(), 0L));
      ledger.notRun.put(NotRunReason.Counter.EXPIRED, orElse(counts.expired(), 0L));
    }
    orElse(status.recentRuns(), List.<RecentRun>of()).stream()
        .filter(run -> run.name() != null && instant(run.startTime()) != null)
        .sorted(OLDEST_FIRST)
        .forEach(ledger.recentRuns::add);
    ledger.queue = ledger.queue(status.active());
    orElse(status.recorded(), List.<String>of()).forEach(ledger::record);
    ledger.lastScheduleTime = instant(status.lastScheduleTime());
    ledger.lastSuccessfulTime = instant(status.lastSuccessfulTime());
    ledger.lastFailureTime = instant(status.lastFailureTime());
    ledger.lastResult = status.lastResult();
    ledger.lastSkipped = status.lastSkipped();
    ledger.conditions = Conditions.compact(orElse(status.conditions(), List.of()));
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
        now.toString(),
        null);
  }

  private List<Claim> queue(@Nullable List<ActiveRun> active) {
    Map<AttemptKey, Claim> queue = new LinkedHashMap<>();
    for (ActiveRun run : orElse(active, List.<ActiveRun>of())) {
      Optional<Trigger> trigger = Optional.ofNullable(run.trigger()).flatMap(Trigger::parse);
      Instant time = instant(run.scheduledTime());
      if (run.state() == ActiveRunState.QUEUED
          && trigger.isPresent()
          && time != null
          && isAccepted(trigger.get(), time)) {
        Claim claim = claim(run, RunKey.of(trigger.get(), time), trigger.get());
        queue.putIfAbsent(claim.next(), claim);
      }
    }
    return List.copyOf(queue.values());
  }

  /** When it may start is found out when the spec and its Jobs are known. */
  private Claim claim(ActiveRun run, RunKey key, Trigger trigger) {
    Integer attempt = run.attempt();
    if (attempt != null && attempt > 1) {
      String target = orElse(run.target(), "");
      return Claim.retry(new AttemptKey(key, target, attempt - 1), trigger, key.time());
    }
    List<String> some = orElse(run.targets(), List.of());
    Claim claim =
        Claim.whole(key, trigger, some.isEmpty() ? ScheduleSpec.NO_TARGETS : some, key.time())
            .because(
                Optional.ofNullable(run.reason())
                    .flatMap(WaitReason::parse)
                    .orElse(WaitReason.STARTING));
    if (find(key) >= 0) {
      return claim.asBegun();
    }
    return some.isEmpty() ? claim : claim.asChosen();
  }

  /** What lies ahead of the cursor is still to be decided, whatever a status says. */
  private boolean isAccepted(Trigger trigger, Instant time) {
    Optional<Instant> decided =
        switch (RunKey.of(trigger, time)) {
          case RunKey.Clock clock -> cursor();
          case RunKey.Request request -> lastHandledRequestTime();
          case RunKey.Backfill instant -> backfill().flatMap(BackfillProgress::cursor);
        };
    return decided.filter(until -> !time.isAfter(until)).isPresent();
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

  void moveTo(Instant newCursor, List<Claim> newQueue) {
    cursor = newCursor;
    queue = newQueue;
  }

  List<Claim> queue() {
    return queue;
  }

  /** Whether the Job is still to be created. */
  boolean isWaiting(AttemptKey job) {
    return queue.stream().anyMatch(claim -> claim.covers(job));
  }

  /** The Job exists, and waits no more; what is left of its run is that of one that has begun. */
  void remove(AttemptKey job) {
    if (queue.stream().noneMatch(claim -> isOfSameAttempt(claim, job))) {
      return;
    }
    List<Claim> left = new ArrayList<>(queue.size());
    for (Claim claim : queue) {
      if (!isOfSameAttempt(claim, job) || (claim.isRetry() && !claim.covers(job))) {
        left.add(claim);
        continue;
      }
      List<String> others = claim.targets().stream().filter(t -> !t.equals(job.target())).toList();
      // A Job for what is no target now is of a run that began under another spec: that is all of
      // it.
      boolean known = claim.begun() || claim.covers(job);
      if (known && !others.isEmpty()) {
        left.add(claim.ofTargets(others).asBegun());
      }
    }
    queue = List.copyOf(left);
  }

  private static boolean isOfSameAttempt(Claim claim, AttemptKey job) {
    return claim.key().equals(job.run()) && claim.attempt() == job.attempt();
  }

  /** The claim will never start. */
  void remove(Claim claim) {
    queue = queue.stream().filter(c -> !c.equals(claim)).toList();
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
            .map(claim -> claim.begun() || claim.chosen() ? claim : claim.ofTargets(spec.targets()))
            .map(
                claim ->
                    waited && !claim.begun()
                        ? claim.because(WaitReason.PREVIOUS_RUN_ACTIVE)
                        : claim)
            .map(
                claim ->
                    claim.trigger().isClock() && !claim.begun()
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

  /** The backfill that was accepted last, whether it is done or not. */
  Optional<BackfillProgress> backfill() {
    return Optional.ofNullable(backfill);
  }

  void backfill(Optional<BackfillProgress> progress) {
    if (progress.isPresent() && !progress.get().isOf(backfill)) {
      ignoredBackfill = null;
    }
    backfill = progress.orElse(null);
  }

  /** What was ignored last, as {@link BackfillRequest#shown} has it. */
  @Nullable String ignoredBackfill() {
    return ignoredBackfill;
  }

  void ignoredBackfill(String shown) {
    ignoredBackfill = shown;
  }

  // ---- what the Jobs tell

  /**
   * A Job exists.
   *
   * @param name of its run
   * @param targets how many its run has; 1 where the schedule has none
   */
  void started(Run job, String name, int targets) {
    Instant time = job.key().time();
    if (lastScheduleTime == null || time.isAfter(lastScheduleTime)) {
      lastScheduleTime = time;
    }
    int i = find(job.key());
    if (i >= 0) {
      RecentRun run = recentRuns.get(i);
      if (job.attempt() > orElse(run.attempts(), 1)) {
        recentRuns.set(
            i, with(run, run.completionTime(), run.result(), job.attempt(), run.targets(), null));
      }
      return;
    }
    // One that is recorded was among them, in its time.
    if (isRecorded(job.uid())) {
      return;
    }
    recentRuns.add(
        new RecentRun(
            name,
            job.trigger().toString(),
            time.toString(),
            job.created().toString(),
            null,
            null,
            job.attempt(),
            job.target().isEmpty() ? null : new TargetCounts(targets, 0, 0),
            null));
    recentRuns.sort(OLDEST_FIRST);
    trim();
  }

  /** Beyond the last ten are only those of which nothing else says what their targets came to. */
  private void trim() {
    for (int k = 0; recentRuns.size() > RECENT_RUNS && k < recentRuns.size(); ) {
      if (isOpen(recentRuns.get(k))) {
        k++;
      } else {
        recentRuns.remove(k);
      }
    }
  }

  private static boolean isOpen(RecentRun run) {
    return run.result() == null && run.targets() != null;
  }

  /**
   * A Job has failed, and another attempt follows.
   *
   * @param claim that attempt
   */
  void retrying(Run job, Claim claim) {
    record(job.uid());
    if (!isWaiting(claim.next())) {
      queue = Stream.concat(queue.stream(), Stream.of(claim)).toList();
    }
  }

  /**
   * A Job has ended, and no other attempt follows. A run without targets has ended with it; one
   * with targets does so by {@link #settle}.
   *
   * @return what the run came to, if it is over by this
   */
  Optional<String> finished(Run job) {
    if (!record(job.uid())) {
      return Optional.empty();
    }
    boolean success = job.phase() == Run.Phase.SUCCEEDED;
    Optional<RecentRun> run = run(job.key());
    if (run.filter(r -> r.result() != null).isPresent()) {
      return Optional.empty(); // it was replaced meanwhile
    }
    if (run.filter(Ledger::isOpen).isPresent()) {
      tally(job.key(), success ? 1 : 0, success ? 0 : 1);
      completed(job.key(), job.endTime(), job.message());
      return Optional.empty();
    }
    return Optional.of(
        over(job.key(), success ? SUCCEEDED : FAILED, Optional.of(job.endTime()), job.message()));
  }

  /** What is left of a run that has begun will never start, for that reason. */
  Optional<String> givenUp(Claim claim, String message, Instant now) {
    remove(claim);
    if (run(claim.key()).filter(Ledger::isOpen).isPresent()) {
      tally(claim.key(), 0, claim.targets().size());
      explain(claim.key(), message);
      return Optional.empty();
    }
    return run(claim.key()).filter(run -> run.result() != null).isPresent()
        ? Optional.empty()
        : Optional.of(over(claim.key(), FAILED, Optional.of(now), message));
  }

  /**
   * Nothing of a run with targets waits or runs any more: it is over.
   *
   * @return what it came to, unless that is known already
   */
  Optional<String> settle(RunKey key, Instant now) {
    Optional<RecentRun> open = run(key).filter(Ledger::isOpen);
    if (open.isEmpty()) {
      return Optional.empty();
    }
    TargetCounts counts = Objects.requireNonNull(open.get().targets());
    int total = orElse(counts.total(), 0);
    int success = orElse(counts.succeeded(), 0);
    // What is unaccounted for was deleted while nobody led.
    tally(key, 0, total - success - orElse(counts.failed(), 0));
    String result = success == total ? SUCCEEDED : success == 0 ? FAILED : PARTIALLY_SUCCEEDED;
    Instant end = Times.parse(open.get().completionTime()).orElse(now);
    return Optional.of(over(key, result, Optional.of(end), orElse(open.get().message(), "")));
  }

  /** Whether it is known what the run came to. */
  boolean isOver(RunKey key) {
    return run(key).filter(run -> run.result() != null).isPresent();
  }

  /** The runs with targets that are not over. */
  List<RunKey> open() {
    return recentRuns.stream()
        .filter(Ledger::isOpen)
        .map(Ledger::key)
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * An active run gives way to a newer one.
   *
   * @return whether it is counted now; otherwise it was before
   */
  boolean replaced(Decision.Replace replace) {
    replace.jobs().forEach(job -> record(job.uid()));
    queue =
        queue.stream()
            .filter(claim -> !(claim.begun() && claim.key().equals(replace.run())))
            .toList();
    if (run(replace.run()).filter(run -> run.result() != null).isPresent()) {
      return false;
    }
    over(replace.run(), REPLACED, Optional.empty(), "");
    return true;
  }

  /**
   * Somebody deleted the Job of an active run.
   *
   * @return what the run came to, if it is over by this
   */
  Optional<String> deleted(Run job) {
    if (run(job.key()).filter(Ledger::isOpen).isPresent()) {
      tally(job.key(), 0, 1);
      return Optional.empty();
    }
    return Optional.of(over(job.key(), DELETED, Optional.empty(), ""));
  }

  /** Runs that have no Job any more, no result, and nothing to start, have ended unseen. */
  void lost(Set<RunKey> jobs) {
    recentRuns.replaceAll(
        run ->
            run.result() == null
                    && run.targets() == null
                    && key(run)
                        .filter(
                            k ->
                                !jobs.contains(k)
                                    && queue.stream().noneMatch(c -> c.key().equals(k)))
                        .isPresent()
                ? with(run, run.completionTime(), DELETED, orElse(run.attempts(), 1), null, null)
                : run);
  }

  private boolean record(String uid) {
    if (recorded.isEmpty()) {
      recorded = new LinkedHashSet<>(); // most schedules have none most of the time
    }
    return recorded.add(uid);
  }

  boolean isRecorded(String uid) {
    return recorded.contains(uid);
  }

  /** The UIDs that are recorded, as they stand now. */
  Set<String> recorded() {
    return Set.copyOf(recorded);
  }

  /**
   * UIDs of Jobs that are gone need no record.
   *
   * @return whether there were any
   */
  boolean forgetAllBut(Set<String> existing) {
    return recorded.retainAll(existing);
  }

  private String over(RunKey key, String result, Optional<Instant> end, String message) {
    lastResult = result;
    switch (result) {
      case SUCCEEDED -> {
        succeeded++;
        lastSuccessfulTime = later(lastSuccessfulTime, end.orElseThrow());
      }
      case PARTIALLY_SUCCEEDED -> {
        partiallySucceeded++;
        lastFailureTime = later(lastFailureTime, end.orElseThrow());
      }
      case FAILED -> {
        failed++;
        lastFailureTime = later(lastFailureTime, end.orElseThrow());
      }
      case REPLACED -> notRun.merge(NotRunReason.Counter.REPLACED, 1L, Long::sum);
      default -> {}
    }
    int i = find(key);
    if (i >= 0) {
      RecentRun run = recentRuns.get(i);
      recentRuns.set(
          i,
          with(
              run,
              end.map(Instant::toString).orElse(run.completionTime()),
              result,
              orElse(run.attempts(), 1),
              run.targets(),
              message));
    }
    trim();
    return result;
  }

  private void tally(RunKey key, int success, int failure) {
    int i = find(key);
    RecentRun run = recentRuns.get(i);
    TargetCounts before = Objects.requireNonNull(run.targets());
    TargetCounts after =
        new TargetCounts(
            before.total(),
            orElse(before.succeeded(), 0) + success,
            orElse(before.failed(), 0) + failure);
    recentRuns.set(
        i, with(run, run.completionTime(), run.result(), orElse(run.attempts(), 1), after, null));
  }

  /** A Job of the run has ended: the last one tells when the run did, a failed one why. */
  private void completed(RunKey key, Instant end, String message) {
    int i = find(key);
    RecentRun run = recentRuns.get(i);
    Instant last = later(instant(run.completionTime()), end);
    recentRuns.set(
        i,
        with(
            run, last.toString(), run.result(), orElse(run.attempts(), 1), run.targets(), message));
  }

  private void explain(RunKey key, String message) {
    int i = find(key);
    RecentRun run = recentRuns.get(i);
    recentRuns.set(
        i,
        with(
            run,
            run.completionTime(),
            run.result(),
            orElse(run.attempts(), 1),
            run.targets(),
            message));
  }

  private Optional<RecentRun> run(RunKey key) {
    int i = find(key);
    return i < 0 ? Optional.empty() : Optional.of(recentRuns.get(i));
  }

  private int find(RunKey key) {
    String time = key.time().toString();
    for (int i = 0; i < recentRuns.size(); i++) {
      RecentRun run = recentRuns.get(i);
      if (time.equals(run.scheduledTime()) && key(run).filter(key::equals).isPresent()) {
        return i;
      }
    }
    return -1;
  }

  private static Optional<RunKey> key(RecentRun run) {
    Optional<Trigger> trigger = Optional.ofNullable(run.trigger()).flatMap(Trigger::parse);
    Instant time = instant(run.scheduledTime());
    return time == null ? Optional.empty() : trigger.map(t -> RunKey.of(t, time));
  }

  /** An empty message leaves the one that there is. */
  private static RecentRun with(
      RecentRun run,
      @Nullable String completionTime,
      @Nullable String result,
      int attempts,
      @Nullable TargetCounts targets,
      @Nullable String message) {
    return new RecentRun(
        run.name(),
        run.trigger(),
        run.scheduledTime(),
        run.startTime(),
        completionTime,
        result,
        attempts,
        targets,
        message == null || message.isEmpty() ? run.message() : message);
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
        partiallySucceeded,
        failed,
        notRun.getOrDefault(NotRunReason.Counter.MISSED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.SKIPPED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.REJECTED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.REPLACED, 0L),
        notRun.getOrDefault(NotRunReason.Counter.EXPIRED, 0L));
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
    conditions = Conditions.compact(newConditions);
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
