package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;
import java.util.List;

/**
 * Jobs of an accepted run that do not exist yet: all of it, the targets that are left, or a retry.
 *
 * @param targets those to start, in this order, never none; the empty name where the schedule has
 *     no targets
 * @param chosen whether a request chose the targets; if not, they are those of the spec
 * @param attempt 1 unless it is a retry
 * @param begun whether the run has a Job already: it is active, and is never dropped as one that
 *     waits
 * @param startAt the moment from which it may start: the nominal time plus jitter, or later, when
 *     what it waited for was over
 * @param reason why it has not started
 */
record Claim(
    RunKey key,
    Trigger trigger,
    List<String> targets,
    boolean chosen,
    int attempt,
    boolean begun,
    Instant startAt,
    WaitReason reason) {

  Claim {
    targets = List.copyOf(targets);
  }

  /** A run of which nothing has started. */
  static Claim whole(RunKey key, Trigger trigger, List<String> targets, Instant startAt) {
    return new Claim(key, trigger, targets, false, 1, false, startAt, WaitReason.STARTING);
  }

  /** Another attempt at what that one has failed at. */
  static Claim retry(AttemptKey failed, Trigger trigger, Instant startAt) {
    return new Claim(
        failed.run(),
        trigger,
        List.of(failed.target()),
        false,
        failed.following().attempt(),
        true,
        startAt,
        WaitReason.BACKOFF);
  }

  /** The Job to create next. */
  AttemptKey next() {
    return new AttemptKey(key, targets.getFirst(), attempt);
  }

  boolean isBackfill() {
    return key instanceof RunKey.Backfill;
  }

  boolean isRetry() {
    return attempt > 1;
  }

  /** Whether the Job is one of those that it stands for. */
  boolean covers(AttemptKey job) {
    return key.equals(job.run()) && attempt == job.attempt() && targets.contains(job.target());
  }

  /** The same for other targets of the run. */
  Claim ofTargets(List<String> others) {
    return others.equals(targets)
        ? this
        : new Claim(key, trigger, others, chosen, attempt, begun, startAt, reason);
  }

  Claim asChosen() {
    return new Claim(key, trigger, targets, true, attempt, begun, startAt, reason);
  }

  Claim asBegun() {
    return begun ? this : new Claim(key, trigger, targets, chosen, attempt, true, startAt, reason);
  }

  Claim startingAt(Instant newStartAt) {
    return newStartAt.equals(startAt)
        ? this
        : new Claim(key, trigger, targets, chosen, attempt, begun, newStartAt, reason);
  }

  Claim because(WaitReason newReason) {
    return newReason == reason
        ? this
        : new Claim(key, trigger, targets, chosen, attempt, begun, startAt, newReason);
  }
}
