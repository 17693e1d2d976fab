package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Backoff;
import java.time.Duration;

/**
 * Whether and when a failed Job is followed by another one.
 *
 * @param limit how many may follow the first
 */
record RetryPolicy(int limit, Duration backoff, Duration maxBackoff) {
  static final Duration DEFAULT_BACKOFF = Duration.ofMinutes(1);
  static final Duration DEFAULT_MAX_BACKOFF = Duration.ofMinutes(30);

  private static final int SPREAD = 2001;

  /** Whether another attempt may follow that one. */
  boolean allowsAfter(int attempt) {
    return attempt <= limit;
  }

  /**
   * How long to wait after that attempt: twice as long each time, up to a tenth more or less, so
   * that what failed together is not tried again together.
   *
   * @param seed the failed Job's UID: whoever computes it comes to the same
   */
  Duration after(int attempt, String seed) {
    Duration wait = Backoff.doubled(backoff, maxBackoff, attempt);
    int permyriad = 9_000 + Math.floorMod(seed.hashCode(), SPREAD);
    return Duration.ofMillis(Math.max(1, wait.toMillis() * permyriad / 10_000));
  }
}
