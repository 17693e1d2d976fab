package io.scanwarden.operator.time;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * A clock that tests set, stop and speed up in the real process. It runs on this machine's
 * monotonic clock, so that nothing but {@link #set} makes it jump.
 */
public final class TestWorkClock implements WorkClock {
  /** Real time until an instant that a stopped clock never reaches. */
  private static final Duration FOREVER = Duration.ofDays(365);

  private static final double MAX_RATE = 1_000_000;

  /**
   * At {@code nanoTime} this clock read {@code instant}; since then it runs {@code rate} times as
   * fast.
   */
  private record Setting(Instant instant, long nanoTime, double rate) {}

  private final LongSupplier nanoTime;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile Setting setting;

  /**
   * A clock that reads {@code instant} now and runs {@code rate} times as fast as real time; 0
   * stops it.
   */
  public TestWorkClock(Instant instant, double rate) {
    this(instant, rate, System::nanoTime);
  }

  TestWorkClock(Instant instant, double rate, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.setting = setting(instant, rate);
  }

  /**
   * Reads {@code 2026-10-25T00:59:50Z} or, running 60 times as fast as real time, {@code
   * 2026-10-25T00:59:50Z*60}.
   *
   * @throws IllegalArgumentException with a message for the user when the text is neither
   */
  public static TestWorkClock parse(String text) {
    int star = text.indexOf('*');
    try {
      Instant instant = Instant.parse(star < 0 ? text : text.substring(0, star));
      return new TestWorkClock(
          instant, star < 0 ? 1 : Double.parseDouble(text.substring(star + 1)));
    } catch (DateTimeException | NumberFormatException e) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a time such as 2026-10-25T00:59:50Z or, sped up, 2026-10-25T00:59:50Z*60",
          e);
    }
  }

  @Override
  public Instant instant() {
    Setting s = setting;
    return s.instant().plusNanos((long) ((nanoTime.getAsLong() - s.nanoTime()) * s.rate()));
  }

  /** How many seconds of this clock pass in a second of real time. */
  public double rate() {
    return setting.rate();
  }

  @Override
  public Duration realTimeUntil(Instant instant) {
    Setting s = setting;
    Duration left = Duration.between(instant(), instant);
    if (left.isNegative() || left.isZero()) {
      return Duration.ZERO;
    }
    double realSeconds = (left.toSeconds() + left.toNanosPart() / 1e9) / s.rate();
    return realSeconds >= FOREVER.toSeconds()
        ? FOREVER
        : Duration.ofNanos((long) Math.ceil(realSeconds * 1e9));
  }

  /**
   * Sets the clock, forward or back, and its rate, and tells those who asked.
   *
   * @throws IllegalArgumentException when the rate is negative, above a million or no number
   */
  public synchronized void set(Instant instant, double rate) {
    setting = setting(instant, rate);
    listeners.forEach(Runnable::run);
  }

  @Override
  public Registration onJump(Runnable listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private Setting setting(Instant instant, double rate) {
    if (!(rate >= 0 && rate <= MAX_RATE)) {
      throw new IllegalArgumentException(
          "the clock's rate must be between 0 and 1000000, not " + rate);
    }
    return new Setting(instant, nanoTime.getAsLong(), rate);
  }
}
