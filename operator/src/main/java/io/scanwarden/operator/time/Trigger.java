package io.scanwarden.operator.time;

/** One source of instants. Times are seconds since the epoch. */
sealed interface Trigger permits CronTrigger, EveryTrigger, AtTrigger {
  long NEVER = Long.MAX_VALUE;

  /** The first instant strictly after the given one, or {@link #NEVER}. */
  long next(long after);

  TriggerKind kind();

  String summary();
}
