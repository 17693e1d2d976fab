package io.scanwarden.operator;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A token bucket for requests to the Kubernetes API: so many a second, so many at once after a
 * rest.
 */
final class RateLimit {
  private final double nanosPerRequest;
  private final double capacityNanos;
  private final LongSupplier nanoTime;

  /** When the bucket will have been empty: every request moves it on. */
  private double empty;

  RateLimit(double perSecond, int burst, LongSupplier nanoTime) {
    this.nanosPerRequest = 1e9 / perSecond;
    this.capacityNanos = burst * nanosPerRequest;
    this.nanoTime = nanoTime;
    this.empty = nanoTime.getAsLong() - capacityNanos;
  }

  /** Takes a place; says how long to wait for it. */
  synchronized Duration reserve() {
    double now = nanoTime.getAsLong();
    empty = Math.max(empty, now - capacityNanos) + nanosPerRequest;
    return Duration.ofNanos((long) Math.max(0, empty - now));
  }
}
