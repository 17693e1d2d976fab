package io.scanwarden.operator.run;

/**
 * What makes a Job the one it is within its schedule.
 *
 * @param target empty where the schedule has none
 * @param attempt 1 for the first, one more for each retry
 */
public record AttemptKey(RunKey run, String target, int attempt) {
  /** The first attempt at the target. */
  public static AttemptKey first(RunKey run, String target) {
    return new AttemptKey(run, target, 1);
  }

  /** The attempt that follows if this one fails. */
  public AttemptKey following() {
    return new AttemptKey(run, target, attempt + 1);
  }

  /** The attempt that failed before this one, which is not the first. */
  public AttemptKey preceding() {
    return new AttemptKey(run, target, attempt - 1);
  }
}
