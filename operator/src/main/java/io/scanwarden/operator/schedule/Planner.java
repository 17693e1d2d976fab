package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.MissedRunPolicy;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import io.scanwarden.operator.time.Occurrence;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

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
  private static final String QUEUE_FULL_MESSAGE = "as many runs wait as may: ";

  private final Situation now;
  private final ScheduleSpec spec;
  private final List<Decision> decisions = new ArrayList<>();
  private final List<Claim> queue;
  private final Set<RunKey> jobs;
  private final int active;
  private final Optional<Instant> newestClockRun;
  private Instant cursor;
  private Instant wakeAt = Instant.MAX;

  private Planner(Situation situation) {
    now = situation;
    spec = situation.spec();
    queue = new ArrayList<>(situation.queue());
    jobs = situation.runs().stream().map(Run::key).collect(Collectors.toSet());
    active =
        situation.lingering()
            + (int) situation.runs().stream().filter(run -> !run.finished()).count();
    newestClockRun = newestClockRun(situation.runs(), situation.now());
    cursor = situation.cursor();
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
    if (spec.suspend()) {
      dropAll();
    } else {
      dropOverdue();
      takeDueInstants();
    }
    takeRequest();
    dropReplaced();
    endReplaced();
    startFirst();
    return new Plan(List.copyOf(decisions), cursor, List.copyOf(queue), wakeAt);
  }

  private Plan planLast() {
    forgetStarted();
    if (!spec.suspend()) {
      takeAllInstants();
    }
    return new Plan(List.copyOf(decisions), cursor, List.copyOf(queue), Instant.MAX);
  }

  /**
   * What has its Job waits no more. Neither does what an earlier leader dropped, but could not
   * report: instants start in their order, so that one before a started one will not.
   */
  private void forgetStarted() {
    queue.removeIf(claim -> jobs.contains(claim.key()));
    queue.removeIf(
        claim ->
            claim.trigger().isClock()
                && isOvertaken(claim.key().time())
                && isDroppable(claim)
                && drop(claim, NotRunReason.SKIPPED_EARLIER, SKIPPED_EARLIER_MESSAGE));
  }

  private boolean isOvertaken(Instant instant) {
    return newestClockRun.filter(instant::isBefore).isPresent();
  }

  private void dropAll() {
    queue.removeIf(
        claim ->
            isDroppable(claim)
                && drop(claim, NotRunReason.SUSPENDED, "the schedule was suspended"));
  }

  private boolean isStarting(Claim claim) {
    return now.starting().filter(claim.key()::equals).isPresent();
  }

  /** What is under way can no longer be stopped, nor what may have a Job without our knowledge. */
  private boolean isDroppable(Claim claim) {
    return !isStarting(claim) && !now.unsure().contains(claim.key());
  }

  private boolean isDue(Claim claim) {
    return !claim.startAt().isAfter(now.now());
  }

  /** A run whose Job could not be created within the deadline never starts. */
  private void dropOverdue() {
    queue.removeIf(
        claim ->
            claim.trigger().isClock()
                && !claim.reason().isAnotherRun()
                && isDroppable(claim)
                && beyondDeadline(claim.startAt())
                && drop(claim, NotRunReason.DEADLINE_EXCEEDED, deadlineMessage() + lastError()));
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
      if (queue.size() >= ScheduleSpec.MAX_QUEUED
          && spec.concurrencyPolicy() == ConcurrencyPolicy.ALLOW) {
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
        new Claim(
            new RunKey.Clock(instant),
            Trigger.valueOf(occurrence.kind().name()),
            due,
            WaitReason.STARTING);
    boolean missed = due.isBefore(now.leadingSince()) || due.isBefore(now.now().minus(LATE));
    if (jobs.contains(claim.key())) {
      decisions.add(new Decision.Found(instant));
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
    } else {
      admit(claim);
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

  private String lastError() {
    return now.failure().map(f -> ": " + f.message()).orElse("");
  }

  private void takeRequest() {
    if (now.request().isEmpty() || queue.size() >= ScheduleSpec.MAX_QUEUED) {
      return;
    }
    Instant time = now.request().get();
    // A request means now, also where its author's clock is ahead.
    Instant startAt = time.isBefore(now.now()) ? time : now.now();
    Claim claim =
        new Claim(new RunKey.Request(time), Trigger.REQUEST, startAt, WaitReason.RECORDING);
    if (jobs.contains(claim.key())) {
      decisions.add(new Decision.Found(time));
    } else if (spec.suspend()) {
      drop(claim, NotRunReason.SUSPENDED, "a suspended schedule starts nothing, requests neither");
    } else {
      admit(claim);
    }
    decisions.add(new Decision.Handle(time));
  }

  /** Applies the concurrency policy to a run that is due. */
  private void admit(Claim claim) {
    giveWayAfterRefusal(claim);
    boolean idle = active == 0 && queue.isEmpty();
    switch (spec.concurrencyPolicy()) {
      case ALLOW -> {
        if (queue.size() < ScheduleSpec.MAX_QUEUED) {
          accept(claim);
        } else {
          drop(claim, NotRunReason.QUEUE_FULL, QUEUE_FULL_MESSAGE + ScheduleSpec.MAX_QUEUED);
        }
      }
      case FORBID -> {
        if (idle) {
          accept(claim);
        } else {
          drop(claim, NotRunReason.PREVIOUS_RUN_ACTIVE, "an earlier run is active");
        }
      }
      case QUEUE -> {
        boolean room = waiting() < spec.maxQueued() && queue.size() < ScheduleSpec.MAX_QUEUED;
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

  /** How many wait for more than their own Job. */
  private long waiting() {
    long others = queue.stream().filter(claim -> !isStarting(claim)).count();
    boolean firstIsNext =
        others > 0 && active == 0 && now.starting().isEmpty() && now.failure().isEmpty();
    return firstIsNext ? others - 1 : others;
  }

  /** With Replace, what waits gives way to the newest that is due. */
  private void dropReplaced() {
    if (spec.concurrencyPolicy() != ConcurrencyPolicy.REPLACE) {
      return;
    }
    Optional<Claim> newest = queue.reversed().stream().filter(this::isDue).findFirst();
    queue.removeIf(
        claim ->
            isDue(claim)
                && isDroppable(claim)
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
            && queue.stream().anyMatch(c -> !isStarting(c) && isDue(c));
    for (Run run : now.runs()) {
      if (run.finished()) {
        continue;
      }
      if (replacing && !now.recorded().contains(run.uid())) {
        decisions.add(new Decision.Replace(run));
      } else if (now.deletable().contains(run.uid())
          && !run.deleting()
          && !now.deleting().contains(run.uid())) {
        decisions.add(new Decision.Delete(run, true));
      }
    }
  }

  /** Gives each claim its reason, and starts the first that has none to wait. */
  private void startFirst() {
    boolean started = now.starting().isPresent();
    boolean clockWaits = false;
    for (int i = 0; i < queue.size(); i++) {
      Claim claim = queue.get(i);
      WaitReason reason = whyNot(claim, i == 0);
      boolean turnComes = claim.reason().isAnotherRun() && !reason.isAnotherRun() && isDue(claim);
      claim = (turnComes ? claim.startingAt(now.now()) : claim).because(reason);
      queue.set(i, claim);
      // Instants start in their order; a request may pass one that waits for its jitter.
      boolean turn = !(claim.trigger().isClock() && clockWaits);
      if (!started && turn && claim.reason() == WaitReason.STARTING) {
        decisions.add(
            now.unsure().contains(claim.key())
                ? new Decision.Find(claim)
                : new Decision.Start(claim));
        started = true;
      }
      clockWaits |= claim.trigger().isClock();
    }
  }

  /** Why the claim does not start now; STARTING if it does, or as soon as those before it have. */
  private WaitReason whyNot(Claim claim, boolean first) {
    if (isStarting(claim)) {
      return WaitReason.STARTING;
    }
    if (claim.startAt().isAfter(now.now())) {
      wake(claim.startAt());
      return WaitReason.JITTER;
    }
    if (claim.key() instanceof RunKey.Request(Instant time)
        && now.reportedRequest().filter(r -> !r.isBefore(time)).isEmpty()) {
      return WaitReason.RECORDING;
    }
    boolean alone =
        spec.concurrencyPolicy() != ConcurrencyPolicy.ALLOW && !now.unsure().contains(claim.key());
    if (alone && (active > 0 || !first)) {
      return spec.concurrencyPolicy() == ConcurrencyPolicy.REPLACE
          ? WaitReason.WAITING_FOR_TERMINATION
          : WaitReason.PREVIOUS_RUN_ACTIVE;
    }
    Optional<Instant> retryAt =
        now.failure().map(CreateFailure::retryAt).filter(at -> at.isAfter(now.now()));
    if (retryAt.isPresent()) {
      wake(retryAt.get());
      return WaitReason.CREATE_FAILED;
    }
    return WaitReason.STARTING;
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
