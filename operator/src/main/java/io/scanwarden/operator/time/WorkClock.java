package io.scanwarden.operator.time;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * The operator's only source of time. The system's clock in production; a test may set it and let
 * it run faster, so whoever waits for an instant asks how long <em>real</em> time takes until then,
 * and looks again after a jump.
 */
public interface WorkClock extends InstantSource {

  /** The present moment of this clock. */
  @Override
  Instant instant();

  /**
   * How long real time takes until this clock reads {@code instant}, as things are now; zero when
   * that is past or present. Rounded up: whoever waits this long finds the clock at or after the
   * instant, unless it was set back.
   */
  Duration realTimeUntil(Instant instant);

  /**
   * Asks to be told, on any thread, whenever this clock was set or its rate changed, after which
   * earlier answers of {@link #realTimeUntil} no longer hold. The system's clock never tells: it is
   * stepped by others, so whoever waits long looks again now and then.
   */
  Registration onJump(Runnable listener);

  /** The clock of this machine. */
  static WorkClock system() {
    return SystemWorkClock.INSTANCE;
  }

  /** What {@link #onJump} returns: closing it ends the calls. */
  @FunctionalInterface
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
