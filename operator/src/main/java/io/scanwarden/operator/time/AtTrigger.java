package io.scanwarden.operator.time;

import java.time.Instant;

/** Once. */
record AtTrigger(long second) implements Trigger {
  @Override
  public long next(long after) {
    return second > after ? second : NEVER;
  }

  @Override
  public TriggerKind kind() {
    return TriggerKind.AT;
  }

  @Override
  public String summary() {
    return "at " + Instant.ofEpochSecond(second);
  }
}
