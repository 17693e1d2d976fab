package io.scanwarden.operator.pool;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/** How fast a pool has lately started what waited, to tell when the rest may start. Thread-safe. */
final class StartRate {
  private static final int STARTS = 100;

  /** Fewer say more of when the pool's slots were free than of how fast they become free. */
  private static final int FEWEST = 5;

  /** What is longer ago tells nothing of now. */
  private static final Duration LATELY = Duration.ofHours(1);

  private final Deque<Instant> starts = new ArrayDeque<>();

  synchronized void started(Instant moment) {
    starts.addLast(moment);
    if (starts.size() > STARTS) {
      starts.removeFirst();
    }
  }

  /**
   * When the one at that position would start if starts went on as they have lately.
   *
   * @param position 1 for who is next
   * @return absent if there were too few starts to say
   */
  synchronized Optional<Instant> expect(int position, Instant now) {
    while (!starts.isEmpty() && starts.peekFirst().isBefore(now.minus(LATELY))) {
      starts.removeFirst();
    }
    if (starts.size() < FEWEST) {
      return Optional.empty();
    }
    Duration last = Duration.between(starts.peekFirst(), starts.peekLast());
    Duration each = last.dividedBy(starts.size() - 1L);
    Instant next = starts.peekLast().plus(each);
    // One that is late already is expected now, and those behind it after it.
    return Optional.of((next.isBefore(now) ? now : next).plus(each.multipliedBy(position - 1L)));
  }
}
