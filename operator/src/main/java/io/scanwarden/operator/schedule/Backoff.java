package io.scanwarden.operator.schedule;

import java.time.Duration;

/** How long to wait before a failed create is tried again: twice as long each time. */
final class Backoff {
  /** Where the server refuses, somebody has to change something first. */
  static final Duration MAX_REFUSED = Duration.ofMinutes(15);

  /** Where it does not answer, it may be back at any moment. */
  static final Duration MAX_UNANSWERED = Duration.ofSeconds(10);

  private static final Duration REFUSED = Duration.ofSeconds(5);
  private static final Duration UNANSWERED = Duration.ofMillis(250);

  private Backoff() {}

  /**
   * How long to wait before the next try.
   *
   * @param tries how many failed in a row, at least 1
   */
  static Duration after(int tries, boolean refused) {
    Duration wait = (refused ? REFUSED : UNANSWERED).multipliedBy(1L << Math.min(tries - 1, 20));
    Duration max = refused ? MAX_REFUSED : MAX_UNANSWERED;
    return wait.compareTo(max) < 0 ? wait : max;
  }
}
