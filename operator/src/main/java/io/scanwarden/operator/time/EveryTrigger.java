package io.scanwarden.operator.time;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/** Every {@code period} seconds, counted from the epoch plus {@code offset}. */
record EveryTrigger(long period, long offset) implements Trigger {
  /** A thousand years: beyond it, sums of seconds might overflow. */
  private static final Duration MAX = Duration.ofDays(365_000);

  /**
   * Checks period and offset.
   *
   * @param value what the field holds, for messages
   */
  static EveryTrigger of(String field, String value, Duration period, Duration offset)
      throws InvalidScheduleException {
    if (!isWholeSeconds(period) || period.toSeconds() < 1 || period.compareTo(MAX) > 0) {
      throw InvalidScheduleException.invalid(
          field, value, "is not a period; allowed are whole seconds from 1s on");
    }
    if (!isWholeSeconds(offset) || offset.isNegative()) {
      throw InvalidScheduleException.invalid(
          field,
          value,
          "has an offset of " + Durations.show(offset) + "; allowed are whole seconds from 0s on");
    }
    return new EveryTrigger(period.toSeconds(), offset.toSeconds() % period.toSeconds());
  }

  private static boolean isWholeSeconds(Duration duration) {
    return duration.equals(duration.truncatedTo(ChronoUnit.SECONDS));
  }

  @Override
  public long next(long after) {
    return after + period - Math.floorMod(after - offset, period);
  }

  @Override
  public TriggerKind kind() {
    return TriggerKind.EVERY;
  }

  @Override
  public String summary() {
    String every = "every " + Durations.format(Duration.ofSeconds(period));
    return offset == 0 ? every : every + "+" + Durations.format(Duration.ofSeconds(offset));
  }
}
