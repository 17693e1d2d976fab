package io.scanwarden.operator.run;

import java.time.Duration;

/** How long to wait before what failed is tried again: twice as long each time. */
public final class Backoff {
  /** Where the server refuses, somebody has to change something first. */
  public static final Duration MAX_REFUSED = Duration.ofMinutes(15);

  /** Where it does not answer, it may be back at any moment. */
  public static final Duration MAX_UNANSWERED = Duration.ofSeconds(10);

  private static final Duration REFUSED = Duration.ofSeconds(5);
  private static final Duration UNANSWERED = Duration.ofMillis(250);

  private Backoff() {}

  /**
   * How long to wait before the next try.
   *
   * @param tries how many failed in a row, at least 1
   */
  public static Duration after(int tries, boolean refused) {
    return refused
        ? doubled(REFUSED, MAX_REFUSED, tries)
        : doubled(UNANSWERED, MAX_UNANSWERED, tries);
  }

  /**
   * The first wait after one failure, twice as long after each further one, up to the longest.
   *
   * @param failures at least 1
   */
  public static Duration doubled(Duration first, Duration longest, int failures) {
    Duration wait = first;
    for (int i = 1; i < failures && wait.compareTo(longest) < 0; i++) {
      wait = wait.multipliedBy(2);
    }
    return wait.compareTo(longest) < 0 ? wait : longest;
  }
}
