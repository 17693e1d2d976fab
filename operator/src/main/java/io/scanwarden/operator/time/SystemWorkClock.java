package io.scanwarden.operator.time;

import java.time.Duration;
import java.time.Instant;

/** The clock of this machine. */
enum SystemWorkClock implements WorkClock {
  INSTANCE;

  @Override
  public Instant instant() {
    return Instant.now();
  }

  @Override
  public Duration realTimeUntil(Instant instant) {
    Duration left = Duration.between(instant(), instant);
    return left.isNegative() ? Duration.ZERO : left;
  }

  @Override
  public Registration onJump(Runnable listener) {
    return () -> {};
  }
}
