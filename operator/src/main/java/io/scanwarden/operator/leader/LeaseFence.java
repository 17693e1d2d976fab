package io.scanwarden.operator.leader;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The fence as the Lease says: open for the renew deadline after the last renewal was sent.
 *
 * <p>Time is measured on the monotonic clock and on the wall clock, and the longer of the two
 * counts: the first does not advance while a machine is suspended, the second may be stepped back.
 */
final class LeaseFence implements WriteFence {

  /** A moment on both clocks. */
  record Moment(long nanoTime, long millis) {
    static Moment now() {
      return new Moment(System.nanoTime(), System.currentTimeMillis());
    }

    private Duration until(Moment later) {
      Duration monotonic = Duration.ofNanos(later.nanoTime - nanoTime);
      Duration wall = Duration.ofMillis(later.millis - millis);
      return wall.compareTo(monotonic) > 0 ? wall : monotonic;
    }
  }

  private record Held(long term, Moment sent) {}

  private final Duration renewDeadline;
  private final Supplier<Moment> clock;
  private volatile @Nullable Held held;
  private boolean closed;

  LeaseFence(Duration renewDeadline, Supplier<Moment> clock) {
    this.renewDeadline = renewDeadline;
    this.clock = clock;
  }

  /** The moment to remember before a renewal is sent. */
  Moment now() {
    return clock.get();
  }

  /** The Lease is ours: the request that made it so was sent at {@code sent}. */
  synchronized void renewed(long term, Moment sent) {
    if (!closed) {
      held = new Held(term, sent);
    }
  }

  /** Closes for good. */
  synchronized void close() {
    closed = true;
    held = null;
  }

  /** How long the fence stays open unless the Lease is renewed; zero or less when it is closed. */
  Duration left() {
    Held h = held;
    return h == null ? Duration.ZERO : left(h);
  }

  private Duration left(Held h) {
    return renewDeadline.minus(h.sent().until(clock.get()));
  }

  @Override
  public OptionalLong term() {
    Held h = held;
    return h != null && left(h).isPositive() ? OptionalLong.of(h.term()) : OptionalLong.empty();
  }

  @Override
  public boolean isOpen() {
    return left().isPositive();
  }

  @Override
  public void check() {
    Held h = held;
    if (h == null) {
      throw new FencedException("write refused: this process does not lead");
    }
    if (!left(h).isPositive()) {
      throw new FencedException(
          "write refused: the Lease was not renewed for " + renewDeadline.toSeconds() + " s");
    }
  }
}
