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
import java.util.List;
import java.util.Optional;

/**
 * Decides what a schedule does at a moment: a function of the {@link Situation}. It is asked again
 * whenever something changed, and says when to be asked next if nothing does.
 */
final class Planner {
  /** So much later than it was due, a run counts as missed even if the operator was there. */
  static final Duration LATE = Duration.ofSeconds(60);

  /** So many instants are decided in one go; the rest in the next. */
  static final int BATCH = 10_000;

  private final Situation now;
  private final ScheduleSpec spec;
  private final List<Decision> decisions = new ArrayList<>();
  private final List<Claim> queue;
  private final int active;
  private final Optional<Instant> newestClockRun;
  private Instant cursor;
  private Instant wakeAt = Instant.MAX;

  private Planner(Situation situation) {
    now = situation;
    spec = situation.spec();
    queue = new ArrayList<>(situation.queue());
    active =
        situation.lingering()
            + (int) situation.runs().stream().filter(run -> !run.finished()).count();
    newestClockRun = situation.newestClockRun();
    cursor = situation.cursor();
  }

  /** The plan for this moment. */
  static Plan plan(Situation situation) {
    return new Planner(situation).plan();
  }

  private Plan plan() {
    queue.removeIf(claim -> now.hasJob(claim.key()));
    if (spec.suspend()) {
      dropAll();
    } else {
      dropOverdueRetries();
      takeDueInstants();
    }
    takeRequest();
    endReplaced();
    startFirst();
    return new Plan(List.copyOf(decisions), cursor, List.copyOf(queue), wakeAt);
  }

  private void dropAll() {
    dropWaiting(NotRunReason.SUSPENDED, "the schedule was suspended");
  }

  /** Drops what waits; what is under way can no longer be stopped. */
  private void dropWaiting(NotRunReason reason, String message) {
    queue.removeIf(
        claim -> {
          if (isStarting(claim)) {
            return false;
          }
          drop(claim, reason, message);
          return true;
        });
  }

  private boolean isStarting(Claim claim) {
    return now.starting().filter(claim.key()::equals).isPresent();
  }

  /** A run whose Job could not be created within the deadline never starts. */
  private void dropOverdueRetries() {
    if (now.failure().isEmpty()) {
      return;
    }
    queue.removeIf(
        claim -> {
          boolean overdue =
              claim.trigger().isClock() && !isStarting(claim) && beyondDeadline(claim.startAt());
          if (overdue) {
            drop(claim, NotRunReason.DEADLINE_EXCEEDED, deadlineMessage() + lastError());
          }
          return overdue;
        });
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
    if (now.hasJob(claim.key())) {
      decisions.add(new Decision.Found(instant));
    } else if (occurrence.excluded()) {
      drop(claim, NotRunReason.EXCLUDED, "the instant lies in a window of spec.exclusions");
    } else if (newestClockRun.isPresent() && instant.isBefore(newestClockRun.get())) {
      drop(claim, NotRunReason.SKIPPED_EARLIER, "it was dropped before the operator restarted");
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
    Claim claim = new Claim(new RunKey.Request(time), Trigger.REQUEST, time, WaitReason.RECORDING);
    if (now.hasJob(claim.key())) {
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
      case ALLOW -> accept(claim);
      case FORBID -> {
        if (idle) {
          accept(claim);
        } else {
          drop(claim, NotRunReason.PREVIOUS_RUN_ACTIVE, "an earlier run is active");
        }
      }
      case QUEUE -> {
        int waiting = queue.size() - (firstIsOnItsWay() ? 1 : 0);
        if (idle || waiting < spec.maxQueued()) {
          accept(claim);
        } else {
          drop(claim, NotRunReason.QUEUE_FULL, "as many runs wait as may: " + spec.maxQueued());
        }
      }
      case REPLACE -> {
        dropWaiting(NotRunReason.REPLACED, "a newer run took its place");
        accept(claim);
      }
    }
  }

  private void accept(Claim claim) {
    queue.add(claim);
    decisions.add(new Decision.Accept(claim));
  }

  /** Whether the first claim waits for nothing but its own Job. */
  private boolean firstIsOnItsWay() {
    return now.starting().isPresent()
        || (!queue.isEmpty() && active == 0 && now.failure().isEmpty());
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
        claim -> {
          boolean older = claim.trigger().isClock() && !isStarting(claim);
          if (older) {
            drop(claim, NotRunReason.CREATE_REFUSED, "its Job was refused" + lastError());
          }
          return older;
        });
  }

  /** With Replace, whoever waits ends what runs; what is recorded as replaced is deleted. */
  private void endReplaced() {
    boolean replacing =
        spec.concurrencyPolicy() == ConcurrencyPolicy.REPLACE
            && queue.stream().anyMatch(c -> !isStarting(c) && !c.startAt().isAfter(now.now()));
    for (Run run : now.runs()) {
      if (run.finished()) {
        continue;
      }
      if (replacing && !now.recorded().contains(run.uid())) {
        decisions.add(new Decision.Replace(run));
      } else if (now.reportedRecorded().contains(run.uid())
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
      claim = claim.because(whyNot(claim, i == 0));
      queue.set(i, claim);
      // Instants start in their order; a request may pass one that waits for its jitter.
      boolean turn = !(claim.trigger().isClock() && clockWaits);
      if (!started && turn && claim.reason() == WaitReason.STARTING) {
        decisions.add(new Decision.Start(claim));
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
    boolean alone = spec.concurrencyPolicy() != ConcurrencyPolicy.ALLOW;
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

  private void drop(Claim claim, NotRunReason reason, String message) {
    decisions.add(new Decision.Drop(claim.key(), claim.trigger(), reason, message));
  }

  private void wake(Instant at) {
    if (at.isBefore(wakeAt)) {
      wakeAt = at;
    }
  }
}
