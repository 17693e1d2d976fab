package io.scanwarden.operator.time;

/** A blackout window, or a row of them. Times are seconds since the epoch. */
sealed interface Exclusion {
  /** What {@link #coveredUntil} says of a second that no window covers. */
  long FREE = Long.MIN_VALUE;

  /** The end (exclusive) of a window that covers the second, or {@link #FREE}. */
  long coveredUntil(long second);

  /** From (inclusive) to (exclusive). */
  record Once(long from, long to) implements Exclusion {
    @Override
    public long coveredUntil(long second) {
      return from <= second && second < to ? to : FREE;
    }
  }

  /** From each instant of the trigger (inclusive) for so many seconds. */
  record Recurring(Trigger start, long seconds) implements Exclusion {
    @Override
    public long coveredUntil(long second) {
      // The first window that could still cover it; later ones may, but only if this one does.
      long begin = start.next(second - seconds);
      return begin <= second ? begin + seconds : FREE;
    }
  }
}
