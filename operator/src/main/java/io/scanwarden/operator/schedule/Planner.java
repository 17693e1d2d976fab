package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.MissedRunPolicy;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import io.scanwarden.operator.time.Durations;
import io.scanwarden.operator.time.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Decides what a schedule does at a moment: a function of the {@link Situation}. It is asked again
 * whenever something changed, and says when to be asked next if nothing does.
 */
final class Planner {
  /** So much later than it was due, a run counts as missed even if the operator was there. */
  static final Duration LATE = Duration.ofSeconds(60);

  /** So many instants are decided in one go; the rest in the next. */
  static final int BATCH = 10_000;

  /** At an edit there is no next go; what lies even further back is not worth a word. */
  private static final int LAST_BATCH = 1_000_000;

  static final String SKIPPED_EARLIER_MESSAGE = "it was dropped before the operator restarted";
  private static final String SUSPENDED_MESSAGE = "the schedule was suspended";
  private static final String TARGETS_MESSAGE = "spec.targets has its targets no more";
  private static final String QUEUE_FULL_MESSAGE = "as many runs wait as may: ";

  private final Situation now;
  private final ScheduleSpec spec;
  private final List<Decision> decisions = new ArrayList<>();
  private final List<Claim> queue;
  private final Map<AttemptKey, Run> jobs;
  private final Set<RunKey> begun;
  private final boolean unfinished;
  private final Optional<Instant> newestClockRun;
  private Instant cursor;
  private Optional<BackfillProgress> backfill;
  private Instant wakeAt = Instant.MAX;

  private Planner(Situation situation) {
    now = situation;
    spec = situation.spec();
    queue = new ArrayList<>(situation.queue());
    jobs =
        situation.runs().stream()
            .collect(Collectors.toMap(Run::attemptKey, Function.identity(), (a, b) -> a));
    begun = situation.runs().stream().map(Run::key).collect(Collectors.toSet());
    unfinished =
        situation.lingering() > 0 || situation.runs().stream().anyMatch(run -> !run.finished());
    newestClockRun = newestClockRun(situation.runs(), situation.now());
    cursor = situation.cursor();
    backfill = situation.backfills().current();
  }

  /**
   * The newest past instant that has a Job: those before it are decided, since Jobs are created in
   * order. One that claims to be of the future says nothing of the present.
   */
  static Optional<Instant> newestClockRun(Collection<Run> runs, Instant now) {
    return runs.stream()
        .filter(run -> run.trigger().isClock())
        .map(run -> run.key().time())
        .filter(time -> !time.isAfter(now))
        .max(Instant::compareTo);
  }

  /** The plan for this moment. */
  static Plan plan(Situation situation) {
    return new Planner(situation).plan();
  }

  /**
   * The plan for the moment at which a newer spec comes: what was due is decided as the old one
   * says, also what waits for its jitter, and nothing is started or ended, since that is left to
   * the newer.
   */
  static Plan planLast(Situation situation) {
    return new Planner(situation).planLast();
  }

  private Plan plan() {
    forgetStarted();
    followSpec();
    putOff();
    if (spec.suspend()) {
      dropAll();
    } else {
      dropOverdue();
      dropExpired();
      dropRefused();
      takeDueInstants();
    }
    takeRequest();
    takeBackfill();
    dropReplaced();
    endReplaced();
    putBackfillLast();
    startFirst();
    wakeForExpiry();
    return new Plan(List.copyOf(decisions), cursor, List.copyOf(queue), backfill, wakeAt);
  }

  private Plan planLast() {
    forgetStarted();
    if (!spec.suspend()) {
      takeAllInstants();
    }
    return new Plan(List.copyOf(decisions), cursor, List.copyOf(queue), backfill, Instant.MAX);
  }

  /**
   * What has its Job waits no more. Neither does what an earlier leader dropped, but could not
   * report: instants start in their order, so that one before a started one will not.
   */
  private void forgetStarted() {
    replaceEach(
        claim -> {
          List<String> left =
              claim.targets().stream()
                  .filter(t -> !jobs.containsKey(new AttemptKey(claim.key(), t, claim.attempt())))
                  .toList();
          if (left.isEmpty()) {
            return Optional.empty();
          }
          return Optional.of(
              left.size() == claim.targets().size() ? claim : claim.ofTargets(left).asBegun());
        });
    queue.removeIf(
        claim ->
            claim.trigger().isClock()
                && isOvertaken(claim.key().time())
                && isDroppable(claim)
                && drop(claim, NotRunReason.SKIPPED_EARLIER, SKIPPED_EARLIER_MESSAGE));
    queue.removeIf(claim -> givesWay(claim) && hasJob(claim.key().time()));
  }

  private boolean isOvertaken(Instant instant) {
    return newestClockRun.filter(instant::isBefore).isPresent();
  }

  private void replaceEach(Function<Claim, Optional<Claim>> change) {
    List<Claim> changed = queue.stream().map(change).flatMap(Optional::stream).toList();
    queue.clear();
    queue.addAll(changed);
  }

  /** An edit may have changed the targets: what waits follows it. */
  private void followSpec() {
    replaceEach(
        claim -> {
          if (isUnderWay(claim)) {
            return Optional.of(claim);
          }
          if (!claim.begun() && !claim.chosen()) {
            return Optional.of(claim.ofTargets(spec.targets()));
          }
          List<String> gone =
              claim.targets().stream().filter(t -> !spec.targets().contains(t)).toList();
          List<String> left = claim.targets().stream().filter(spec.targets()::contains).toList();
          if (claim.begun() && !gone.isEmpty()) {
            decisions.add(new Decision.GiveUp(claim.ofTargets(gone), TARGETS_MESSAGE));
          } else if (left.isEmpty()) {
            drop(claim, NotRunReason.TARGETS_REMOVED, TARGETS_MESSAGE);
          }
          return left.isEmpty() ? Optional.empty() : Optional.of(claim.ofTargets(left));
        });
  }

  /** When the next batch of targets, and the next attempt, may start. */
  private void putOff() {
    replaceEach(
        claim ->
            isUnderWay(claim) || !claim.begun()
                ? Optional.of(claim)
                : claim.isRetry() ? putOffRetry(claim) : Optional.of(putOffBatch(claim)));
  }

  /**
   * Where a person has deleted the failed Job, or the spec wants no further attempt, none is made.
   */
  private Optional<Claim> putOffRetry(Claim claim) {
    AttemptKey failed = claim.next().preceding();
    Run before = jobs.get(failed);
    if (before == null || before.deleting()) {
      decisions.add(new Decision.GiveUp(claim, "the Job that failed was deleted"));
      return Optional.empty();
    }
    Optional<RetryPolicy> retry = spec.retry().filter(r -> r.allowsAfter(failed.attempt()));
    if (retry.isEmpty()) {
      decisions.add(new Decision.GiveUp(claim, "spec.retry allows no further attempt"));
      return Optional.empty();
    }
    Duration backoff = retry.get().after(failed.attempt(), before.uid());
    return Optional.of(claim.startingAt(before.endTime().plus(backoff)));
  }

  private Claim putOffBatch(Claim claim) {
    List<Run> started =
        jobs.values().stream()
            .filter(run -> run.key().equals(claim.key()) && run.attempt() == 1)
            .toList();
    return spec.stagger()
        .filter(stagger -> !started.isEmpty() && started.size() % stagger.batchSize() == 0)
        .map(
            stagger ->
                claim.startingAt(
                    started.stream()
                        .map(Run::admitted)
                        .max(Instant::compareTo)
                        .orElseThrow()
                        .plus(stagger.interval())))
        // It may have waited for a batch that an edit has made another.
        .orElseGet(() -> isDue(claim) ? claim : claim.startingAt(now.now()));
  }

  private void dropAll() {
    replaceEach(
        claim -> {
          if (isUnderWay(claim) || givesWay(claim)) {
            return Optional.of(claim);
          }
          if (claim.begun()) {
            decisions.add(new Decision.GiveUp(claim, SUSPENDED_MESSAGE));
          } else {
            drop(claim, NotRunReason.SUSPENDED, SUSPENDED_MESSAGE);
          }
          return Optional.empty();
        });
  }

  private boolean isStarting(Claim claim) {
    return now.starting().filter(claim::covers).isPresent();
  }

  /** What is under way can no longer be stopped, nor what may have a Job without our knowledge. */
  private boolean isUnderWay(Claim claim) {
    return isStarting(claim) || now.unsure().contains(claim.next());
  }

  /** A run of which nothing has started, and will not if we say so. */
  private boolean isDroppable(Claim claim) {
    return !claim.begun() && !isUnderWay(claim);
  }

  /** Whether a run has begun and is not over. */
  private boolean isActive() {
    return unfinished || queue.stream().anyMatch(Claim::begun);
  }

  private boolean isDue(Claim claim) {
    return !claim.startAt().isAfter(now.now());
  }

  /** A run whose Job could not be created within the deadline never starts. */
  private void dropOverdue() {
    queue.removeIf(
        claim ->
            claim.trigger().isClock()
                && !claim.reason().isTurnOfOthers()
                && isDroppable(claim)
                && beyondDeadline(claim.startAt())
                && drop(claim, NotRunReason.DEADLINE_EXCEEDED, deadlineMessage() + lastError()));
  }

  /** A run that has waited for too long never starts, whatever it waits for. */
  private void dropExpired() {
    queue.removeIf(
        claim ->
            isExpired(claim)
                && isDroppable(claim)
                && drop(claim, NotRunReason.QUEUE_TIMEOUT, timeoutMessage(claim)));
  }

  /** What makes up for the past waits until there are places; it would be lost otherwise. */
  private void dropRefused() {
    queue.removeIf(
        claim ->
            now.quota().refused().containsKey(claim.key())
                && !claim.isBackfill()
                && isDroppable(claim)
                && drop(
                    claim,
                    NotRunReason.QUOTA_EXCEEDED,
                    now.quota().refused().getOrDefault(claim.key(), "")));
  }

  private boolean isExpired(Claim claim) {
    return expiry(claim).filter(at -> !at.isAfter(now.now())).isPresent();
  }

  /** When the run has waited for too long. A claim's startAt says other things too. */
  private Optional<Instant> expiry(Claim claim) {
    return spec.queueTimeout()
        .flatMap(
            timeout ->
                switch (claim.key()) {
                  case RunKey.Clock(Instant time) ->
                      Optional.of(spec.timeline().startOf(time).plus(timeout));
                  case RunKey.Request(Instant time) -> Optional.of(time.plus(timeout));
                  case RunKey.Backfill backfilled -> Optional.empty(); // its past says nothing
                });
  }

  private void wakeForExpiry() {
    queue.stream()
        .filter(this::isDroppable)
        .flatMap(claim -> expiry(claim).stream())
        .forEach(this::wake);
  }

  private String timeoutMessage(Claim claim) {
    return "it waited for longer than spec.queueTimeout, "
        + spec.queueTimeout().map(Durations::format).orElse("")
        + (claim.reason() == WaitReason.CREATE_FAILED
            ? lastError()
            : ": " + claim.reason().sentence());
  }

  private void takeDueInstants() {
    for (int i = 0; i < BATCH; i++) {
      Optional<Occurrence> next = spec.timeline().next(cursor);
      if (next.isEmpty()) {
        return;
      }
      Instant due = due(next.get());
      if (due.isAfter(now.now())) {
        wake(due);
        return;
      }
      if (isFull()
          && spec.concurrencyPolicy() == ConcurrencyPolicy.ALLOW
          && !queue.getFirst().reason().isPool()) {
        return; // all of them will start: the rest is taken as they do
      }
      cursor = next.get().instant();
      decide(next.get(), due);
    }
    wake(now.now());
  }

  private void takeAllInstants() {
    for (int i = 0; i < LAST_BATCH; i++) {
      Optional<Occurrence> next =
          spec.timeline().next(cursor).filter(o -> !o.instant().isAfter(now.now()));
      if (next.isEmpty()) {
        return;
      }
      cursor = next.get().instant();
      decide(next.get(), due(next.get()));
    }
  }

  private Instant due(Occurrence occurrence) {
    return occurrence.excluded()
        ? occurrence.instant()
        : spec.timeline().startOf(occurrence.instant());
  }

  private void decide(Occurrence occurrence, Instant due) {
    Instant instant = occurrence.instant();
    Claim claim =
        Claim.whole(
            new RunKey.Clock(instant),
            Trigger.valueOf(occurrence.kind().name()),
            spec.targets(),
            due);
    boolean missed = due.isBefore(now.leadingSince()) || due.isBefore(now.now().minus(LATE));
    if (begun.contains(claim.key())) {
      takeUp(claim);
    } else if (occurrence.excluded()) {
      drop(claim, NotRunReason.EXCLUDED, "the instant lies in a window of spec.exclusions");
    } else if (isOvertaken(instant)) {
      drop(claim, NotRunReason.SKIPPED_EARLIER, SKIPPED_EARLIER_MESSAGE);
    } else if (missed && spec.missedRunPolicy() == MissedRunPolicy.NONE) {
      drop(claim, NotRunReason.MISSED, "the operator was away, and spec.missedRunPolicy is None");
    } else if (beyondDeadline(due)) {
      drop(claim, NotRunReason.DEADLINE_EXCEEDED, deadlineMessage());
    } else if (missed && spec.missedRunPolicy() == MissedRunPolicy.LATEST && newerIsDue()) {
      drop(
          claim,
          NotRunReason.MISSED,
          "the operator was away, and spec.missedRunPolicy Latest makes up for the last run only");
    } else if (isExpired(claim)) {
      drop(claim, NotRunReason.QUEUE_TIMEOUT, dueTooLongAgoMessage());
    } else {
      admit(claim);
    }
  }

  /**
   * The instant has Jobs, of an earlier leader who could not report it. Of the newest one some
   * targets may be missing; those before had all of theirs.
   */
  private void takeUp(Claim claim) {
    Set<String> started =
        jobs.keySet().stream()
            .filter(job -> job.run().equals(claim.key()))
            .map(AttemptKey::target)
            .collect(Collectors.toSet());
    List<String> missing = spec.targets().stream().filter(t -> !started.contains(t)).toList();
    if (missing.isEmpty()
        || isOvertaken(claim.key().time())
        || !spec.targets().containsAll(started)) {
      decisions.add(new Decision.Found(claim.key().time()));
    } else {
      accept(putOffBatch(claim.ofTargets(missing).asBegun()));
    }
  }

  private boolean newerIsDue() {
    return spec.timeline().nextRun(cursor).filter(o -> !due(o).isAfter(now.now())).isPresent();
  }

  /** The deadline is in whole seconds, and so is the lateness that is held against it. */
  private boolean beyondDeadline(Instant due) {
    Duration late = Duration.between(due, now.now());
    return spec.startingDeadline().filter(d -> late.toSeconds() > d.toSeconds()).isPresent();
  }

  private String deadlineMessage() {
    return "it could not start within spec.startingDeadlineSeconds, "
        + spec.startingDeadline().map(Duration::toSeconds).orElse(0L);
  }

  private String dueTooLongAgoMessage() {
    return "it was due longer ago than spec.queueTimeout, "
        + spec.queueTimeout().map(Durations::format).orElse("");
  }

  private String lastError() {
    return now.failure().map(f -> ": " + f.message()).orElse("");
  }

  private void takeRequest() {
    if (now.request().isEmpty() || isFull()) {
      return;
    }
    RequestedRun.Wanted request = now.request().get();
    Instant time = request.time();
    // A request means now, also where its author's clock is ahead.
    Instant startAt = time.isBefore(now.now()) ? time : now.now();
    RunKey key = new RunKey.Request(time);
    Claim claim =
        request.targets().isEmpty()
            ? Claim.whole(key, Trigger.REQUEST, spec.targets(), startAt)
            : Claim.whole(key, Trigger.REQUEST, request.targets(), startAt).asChosen();
    if (begun.contains(key)) {
      decisions.add(new Decision.Found(time));
    } else if (spec.suspend()) {
      drop(claim, NotRunReason.SUSPENDED, "a suspended schedule starts nothing, requests neither");
    } else if (isExpired(claim)) {
      drop(claim, NotRunReason.QUEUE_TIMEOUT, dueTooLongAgoMessage());
    } else {
      admit(claim.because(WaitReason.RECORDING));
    }
    decisions.add(new Decision.Handle(time));
  }

  /**
   * Accepts what may start of the backfill. Where runs wait for each other, that is one at a time,
   * when there is nothing else: it drops nothing, and is not dropped. Of instants that the schedule
   * itself has not decided, or that wait for it, it is not known yet whether they need it.
   */
  private void takeBackfill() {
    if (now.backfills().wanted().isPresent()) {
      if (backfillsUnderWay() > 0) {
        return; // what the one before has begun comes to its end, and nothing more of it starts
      }
      backfill = now.backfills().wanted();
    }
    while (backfill.filter(BackfillProgress::isUnderWay).isPresent() && hasRoomForBackfill()) {
      Optional<Instant> next = backfill.get().next(spec.timeline());
      if (next.isEmpty()) {
        backfill = backfill.map(BackfillProgress::complete);
        return;
      }
      Instant instant = next.get();
      RunKey regular = new RunKey.Clock(instant);
      if (instant.isAfter(cursor) || queue.stream().anyMatch(c -> c.key().equals(regular))) {
        return;
      }
      backfill = backfill.map(b -> b.accept(instant));
      RunKey key = new RunKey.Backfill(instant);
      if (!hasJob(instant) && !begun.contains(key)) {
        accept(
            Claim.whole(key, Trigger.BACKFILL, spec.targets(), now.now())
                .because(WaitReason.RECORDING));
      }
    }
  }

  private boolean hasRoomForBackfill() {
    if (spec.suspend()) {
      return false;
    }
    return spec.concurrencyPolicy() == ConcurrencyPolicy.ALLOW
        ? backfillsUnderWay() < BackfillProgress.AT_ONCE && !isFull()
        : !isActive() && queue.isEmpty() && now.groupFree();
  }

  /** How many runs of backfills wait or have not ended. */
  private long backfillsUnderWay() {
    return Stream.concat(
            queue.stream().map(Claim::key),
            now.runs().stream().filter(run -> !run.finished()).map(Run::key))
        .filter(RunKey.Backfill.class::isInstance)
        .distinct()
        .count();
  }

  /** Whether a Job of the schedule's own run of that instant exists. */
  private boolean hasJob(Instant instant) {
    return begun.contains(new RunKey.Clock(instant));
  }

  /** What makes up for the past, and has not begun, counts for nothing where something is due. */
  private boolean givesWay(Claim claim) {
    return claim.isBackfill() && isDroppable(claim);
  }

  private void putBackfillLast() {
    List<Claim> last = queue.stream().filter(this::givesWay).toList();
    queue.removeAll(last);
    queue.addAll(last);
  }

  /** Applies the concurrency policy to a run that is due. */
  private void admit(Claim claim) {
    giveWayAfterRefusal(claim);
    boolean first = !isActive() && queue.stream().allMatch(this::givesWay);
    boolean idle = first && now.groupFree();
    switch (spec.concurrencyPolicy()) {
      case ALLOW -> {
        if (!isFull()) {
          accept(claim);
        } else {
          drop(claim, NotRunReason.QUEUE_FULL, QUEUE_FULL_MESSAGE + ScheduleSpec.MAX_QUEUED);
        }
      }
      case FORBID -> {
        if (idle) {
          accept(claim);
        } else if (!first) {
          drop(claim, NotRunReason.PREVIOUS_RUN_ACTIVE, "an earlier run is active");
        } else {
          drop(
              claim,
              NotRunReason.CONCURRENCY_GROUP_BUSY,
              WaitReason.CONCURRENCY_GROUP_BUSY.sentence());
        }
      }
      case QUEUE -> {
        boolean room = waiting() < spec.maxQueued() && !isFull();
        if (idle || room) {
          accept(claim);
        } else {
          drop(claim, NotRunReason.QUEUE_FULL, QUEUE_FULL_MESSAGE + spec.maxQueued());
        }
      }
      case REPLACE -> {
        accept(claim);
        dropReplaced();
      }
    }
  }

  private void accept(Claim claim) {
    queue.add(claim);
    decisions.add(new Decision.Accept(claim));
  }

  /** Whether the status holds no further run that waits. */
  private boolean isFull() {
    return queue.size() >= ScheduleSpec.MAX_CLAIMS
        || queue.stream().filter(claim -> !claim.begun()).count() >= ScheduleSpec.MAX_QUEUED;
  }

  /** How many wait for more than their own Job. */
  private long waiting() {
    long others =
        queue.stream()
            .filter(claim -> !claim.begun() && !isStarting(claim) && !givesWay(claim))
            .count();
    boolean firstIsNext =
        others > 0
            && !isActive()
            && now.groupFree()
            && now.starting().isEmpty()
            && now.failure().isEmpty()
            && !queue.getFirst().reason().isPool();
    return firstIsNext ? others - 1 : others;
  }

  /** Whether, with Replace, others end for it. */
  private boolean replaces(Claim claim) {
    return !claim.begun() && !claim.isBackfill() && isDue(claim);
  }

  /** With Replace, what waits gives way to the newest that is due. */
  private void dropReplaced() {
    if (spec.concurrencyPolicy() != ConcurrencyPolicy.REPLACE) {
      return;
    }
    Optional<Claim> newest = queue.reversed().stream().filter(this::replaces).findFirst();
    queue.removeIf(
        claim ->
            replaces(claim)
                && !isUnderWay(claim)
                && newest.filter(claim::equals).isEmpty()
                && drop(claim, NotRunReason.REPLACED, "a newer run took its place"));
  }

  /**
   * Where the API server refuses a Job, the newest run is the one worth trying: otherwise a
   * namespace without quota would see a day's runs start at once when it has some again.
   */
  private void giveWayAfterRefusal(Claim newer) {
    if (spec.concurrencyPolicy() == ConcurrencyPolicy.QUEUE
        || spec.missedRunPolicy() == MissedRunPolicy.ALL
        || now.failure().filter(CreateFailure::refused).isEmpty()
        || !newer.trigger().isClock()) {
      return;
    }
    queue.removeIf(
        claim ->
            claim.trigger().isClock()
                && isDroppable(claim)
                && drop(claim, NotRunReason.CREATE_REFUSED, "its Job was refused" + lastError()));
  }

  /** With Replace, whoever waits ends what runs; what is recorded as replaced is deleted. */
  private void endReplaced() {
    boolean replacing =
        spec.concurrencyPolicy() == ConcurrencyPolicy.REPLACE
            && queue.stream().anyMatch(claim -> replaces(claim) && !isStarting(claim));
    if (replacing) {
      replaceAll();
    }
    for (Run run : now.runs()) {
      if (!run.finished()
          && now.deletable().contains(run.uid())
          && !run.deleting()
          && !now.deleting().contains(run.uid())) {
        decisions.add(new Decision.Delete(run, true));
      }
    }
  }

  private void replaceAll() {
    Map<RunKey, List<Run>> ending = new LinkedHashMap<>();
    for (Run run : now.runs()) {
      if (!run.finished() && !now.recorded().contains(run.uid())) {
        ending.computeIfAbsent(run.key(), key -> new ArrayList<>()).add(run);
      }
    }
    for (Claim claim : List.copyOf(queue)) {
      if (claim.begun() && !isUnderWay(claim)) {
        ending.computeIfAbsent(claim.key(), key -> new ArrayList<>());
        queue.remove(claim);
      }
    }
    ending.forEach((run, jobsOfIt) -> decisions.add(new Decision.Replace(run, jobsOfIt)));
  }

  /** Gives each claim its reason, and starts the first that has none to wait. */
  private void startFirst() {
    boolean started = now.starting().isPresent();
    Optional<WaitReason> instantWaits = Optional.empty();
    for (int i = 0; i < queue.size(); i++) {
      Claim claim = queue.get(i);
      WaitReason reason = whyNot(claim, i == 0);
      boolean turnComes =
          claim.reason().isTurnOfOthers() && !reason.isTurnOfOthers() && isDue(claim);
      // Instants start in their order; a request or a retry may pass one that waits.
      boolean ordered = claim.trigger().isClock() && !claim.isRetry();
      boolean turn = !ordered || instantWaits.isEmpty();
      if (!turn && instantWaits.get() == WaitReason.STAGGER && reason == WaitReason.STARTING) {
        reason = WaitReason.STAGGER;
      }
      claim = (turnComes ? claim.startingAt(now.now()) : claim).because(reason);
      queue.set(i, claim);
      if (!started && turn && claim.reason() == WaitReason.STARTING) {
        decisions.add(
            now.unsure().contains(claim.next())
                ? new Decision.Find(claim)
                : new Decision.Start(claim));
        started = true;
      }
      if (ordered && instantWaits.isEmpty()) {
        instantWaits = Optional.of(claim.reason());
      }
    }
  }

  /** Why the claim does not start now; STARTING if it does, or as soon as those before it have. */
  private WaitReason whyNot(Claim claim, boolean first) {
    if (isStarting(claim)) {
      return WaitReason.STARTING;
    }
    if (spec.suspend() && givesWay(claim)) {
      return WaitReason.SUSPENDED;
    }
    if (claim.startAt().isAfter(now.now())) {
      wake(claim.startAt());
      return claim.isRetry()
          ? WaitReason.BACKOFF
          : claim.begun() ? WaitReason.STAGGER : WaitReason.JITTER;
    }
    if (!isRecorded(claim)) {
      return WaitReason.RECORDING;
    }
    if (!claim.begun() && !isUnderWay(claim) && !now.quota().accepts(claim.key())) {
      return WaitReason.TENANT_QUOTA;
    }
    boolean alone =
        !claim.begun() && spec.concurrencyPolicy() != ConcurrencyPolicy.ALLOW && !isUnderWay(claim);
    if (alone && (isActive() || !first)) {
      return spec.concurrencyPolicy() == ConcurrencyPolicy.REPLACE && !claim.isBackfill()
          ? WaitReason.WAITING_FOR_TERMINATION
          : WaitReason.PREVIOUS_RUN_ACTIVE;
    }
    Optional<Instant> retryAt =
        now.failure().map(CreateFailure::retryAt).filter(at -> at.isAfter(now.now()));
    if (retryAt.isPresent()) {
      wake(retryAt.get());
      return WaitReason.CREATE_FAILED;
    }
    if (isUnderWay(claim)) {
      return WaitReason.STARTING;
    }
    if (!claim.begun() && !now.groupFree()) {
      return WaitReason.CONCURRENCY_GROUP_BUSY;
    }
    if (now.slots().allow(claim.next())) {
      return WaitReason.STARTING;
    }
    WaitReason untold =
        spec.pool().isPresent() ? WaitReason.POOL_AT_CAPACITY : WaitReason.TENANT_AT_LIMIT;
    return now.slots().reasons().getOrDefault(claim.next(), untold);
  }

  /** What the clock does not say must be in the status before it starts. */
  private boolean isRecorded(Claim claim) {
    if (claim.isRetry()) {
      Run before = jobs.get(claim.next().preceding());
      return before == null || now.deletable().contains(before.uid());
    }
    return switch (claim.key()) {
      case RunKey.Clock clock -> true;
      case RunKey.Request(Instant time) ->
          now.reportedRequest().filter(r -> !r.isBefore(time)).isPresent();
      case RunKey.Backfill(Instant time) ->
          claim.begun() || now.backfills().reported().contains(time);
    };
  }

  private boolean drop(Claim claim, NotRunReason reason, String message) {
    return decisions.add(new Decision.Drop(claim.key(), claim.trigger(), reason, message));
  }

  private void wake(Instant at) {
    if (at.isBefore(wakeAt)) {
      wakeAt = at;
    }
  }
}
