package io.scanwarden.operator.schedule;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When which status is written: soon after a change, so that changes in quick succession share a
 * write; at once if a start waits for it; and later the more there are to write, so that a burst of
 * short runs costs one write each.
 */
final class Reports implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Reports.class);
  private static final Duration SOON = Duration.ofMillis(300);
  private static final Duration EACH = Duration.ofMillis(4);

  /** No status is older than this, whatever else there is to do. */
  static final Duration LATEST = Duration.ofSeconds(10);

  private record Pending(long sinceNanos, long dueNanos) {}

  private final Map<ScheduleKey, Pending> pending = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("report-timer").factory());
  private final Consumer<ScheduleKey> emit;

  /**
   * Starts the timer.
   *
   * @param emit asks for the status of a schedule to be written
   */
  Reports(Consumer<ScheduleKey> emit) {
    this.emit = emit;
    long period = LATEST.toMillis();
    var _ =
        timer.scheduleWithFixedDelay(this::repeatOverdue, period, period, TimeUnit.MILLISECONDS);
  }

  /** The schedule's state may want to be reported. */
  void request(ScheduleState state) {
    if (!state.wantsReport()) {
      return;
    }
    boolean urgent = state.waitsForReport();
    Duration delay = urgent ? Duration.ZERO : delay();
    long now = System.nanoTime();
    Pending wanted = new Pending(now, now + delay.toNanos());
    Pending before = pending.putIfAbsent(state.key(), wanted);
    if (before == null) {
      schedule(state.key(), delay);
    } else if (urgent && before.dueNanos() - now > 0) {
      pending.put(state.key(), new Pending(before.sinceNanos(), now));
      schedule(state.key(), Duration.ZERO);
    }
  }

  /** How long the schedule's status has been waiting to be written. */
  Duration age(ScheduleKey key) {
    Pending waiting = pending.get(key);
    return waiting == null
        ? Duration.ZERO
        : Duration.ofNanos(System.nanoTime() - waiting.sinceNanos());
  }

  /** It gives way to something more urgent, for a moment. */
  void postpone(ScheduleKey key) {
    schedule(key, SOON);
  }

  /** The status is as it should be. */
  void done(ScheduleKey key) {
    pending.remove(key);
  }

  int backlog() {
    return pending.size();
  }

  private Duration delay() {
    Duration delay = SOON.plus(EACH.multipliedBy(pending.size()));
    Duration most = LATEST.minus(LATEST.dividedBy(4));
    return delay.compareTo(most) < 0 ? delay : most;
  }

  private void schedule(ScheduleKey key, Duration delay) {
    try {
      var _ = timer.schedule(() -> emit(key), delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closing", e);
    }
  }

  /**
   * An event may get lost on its way through the reconciler: what is overdue is asked for again.
   */
  private void repeatOverdue() {
    long now = System.nanoTime();
    pending.forEach(
        (key, waiting) -> {
          if (now - waiting.dueNanos() > LATEST.toNanos()) {
            emit(key);
          }
        });
  }

  private void emit(ScheduleKey key) {
    try {
      emit.accept(key);
    } catch (RuntimeException e) {
      log.error("{} could not be asked to be reported; that is repeated", key, e);
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
