package io.scanwarden.operator.time;

/** A blackout window, or a row of them. Times are seconds since the epoch. */
sealed interface Exclusion {
  /** Whether a window covers the second. */
  boolean covers(long second);

  /** For a covered second: a later one up to which (exclusive) all are covered. */
  long coveredUntil(long second);

  /** From (inclusive) to (exclusive). */
  record Once(long from, long to) implements Exclusion {
    @Override
    public boolean covers(long second) {
      return from <= second && second < to;
    }

    @Override
    public long coveredUntil(long second) {
      return to;
    }
  }

  /** From each instant of the trigger (inclusive) for so many seconds. */
  record Recurring(Trigger start, long seconds) implements Exclusion {
    @Override
    public boolean covers(long second) {
      return start.next(second - seconds) <= second;
    }

    @Override
    public long coveredUntil(long second) {
      // Where many windows overlap, one that began lately reaches far: looked for backwards in
      // growing steps, since the first that covers the second may end with it.
      long back = 1;
      while (back < seconds && start.next(second - back) > second) {
        back *= 2;
      }
      return start.next(second - Math.min(back, seconds)) + seconds;
    }
  }
}
