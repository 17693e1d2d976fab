package io.scanwarden.operator.schedule;

import io.scanwarden.operator.observe.LogContext;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.Backoff;
import io.scanwarden.operator.time.WorkClock;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fire lane. Knows when each schedule wants to be asked next, asks it then, and carries out
 * what it wants: starts on a few workers of their own, everything else on others, so that
 * housekeeping never delays a start. One schedule is asked by one thread at a time.
 */
final class Dispatcher implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);

  /** More requests in flight do not make the API server faster; fewer leave it to the others. */
  private static final int STARTERS = 32;

  private static final int HOUSEKEEPERS = 2;

  /** The machine's clock may be stepped without anybody being told: look at it this often. */
  private static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private record Wake(Instant at, long order, ScheduleState schedule) {}

  private final WorkClock clock;
  private final OperationRunner runner;
  private final Consumer<ScheduleState> changed;
  private final Metrics metrics;
  private final ExecutorService starters =
      Executors.newFixedThreadPool(STARTERS, Thread.ofPlatform().name("start-", 0).factory());
  private final ExecutorService housekeepers =
      Executors.newFixedThreadPool(HOUSEKEEPERS, Thread.ofPlatform().name("keep-", 0).factory());
  private final Thread timer;
  private final WorkClock.Registration jumps;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition earlier = lock.newCondition();
  // Not a heap: out of that, one of 100,000 is taken in a millisecond only.
  private final TreeSet<Wake> wakes =
      new TreeSet<>(Comparator.comparing(Wake::at).thenComparing(Wake::order));
  private final Map<ScheduleState, Wake> wakeOf = new HashMap<>();
  // Being asked now; true if something has changed since, so that it must be asked again.
  private final Map<ScheduleState, Boolean> inHand = new HashMap<>();
  private final LinkedHashSet<ScheduleState> waiting = new LinkedHashSet<>();
  private long order;
  private int working;
  private boolean dueTurn;
  private boolean started;
  private boolean closed;

  /**
   * Makes one that is not started yet.
   *
   * @param changed told after a schedule was asked, and after the outcome of each of its operations
   */
  Dispatcher(
      WorkClock clock, OperationRunner runner, Metrics metrics, Consumer<ScheduleState> changed) {
    this.clock = clock;
    this.runner = runner;
    this.metrics = metrics;
    this.changed = changed;
    this.timer = Thread.ofPlatform().name("dispatch").unstarted(this::run);
    this.jumps = clock.onJump(this::lookAgain);
    metrics.gauge("fires.waiting", "Schedules that are due to be asked now", this::backlog);
  }

  /** From now on asks; what was to be asked before must be poked again. */
  void start() {
    lock.lock();
    try {
      started = true;
    } finally {
      lock.unlock();
    }
    timer.start();
  }

  /** Asks the schedule as soon as a worker is free: something has changed. */
  void poke(ScheduleState schedule) {
    lock.lock();
    try {
      if (closed || !started) {
        return;
      }
      if (inHand.containsKey(schedule)) {
        inHand.put(schedule, true);
      } else if (waiting.add(schedule)) {
        hire(1);
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many schedules wait to be asked, because they are due or something has changed. */
  int backlog() {
    lock.lock();
    try {
      Instant now = clock.instant();
      long due = wakes.stream().takeWhile(wake -> !wake.at().isAfter(now)).count();
      return waiting.size() + Math.toIntExact(due);
    } finally {
      lock.unlock();
    }
  }

  /** Whether any schedule waits to be asked. */
  boolean isBusy() {
    lock.lock();
    try {
      return !waiting.isEmpty() || isDue(clock.instant());
    } finally {
      lock.unlock();
    }
  }

  private boolean isDue(Instant now) {
    return !wakes.isEmpty() && !wakes.first().at().isAfter(now);
  }

  /**
   * Tells the workers when schedules are due. Those take them one by one, so that the first are
   * started while the others still wait.
   */
  private void run() {
    while (true) {
      lock.lock();
      try {
        if (closed) {
          return;
        }
        long wait = MAX_WAIT_NANOS;
        if (isDue(clock.instant())) {
          hire(STARTERS); // and whoever takes the last that is due tells
        } else if (!wakes.isEmpty()) {
          wait = Math.min(wait, clock.realTimeUntil(wakes.first().at()).toNanos());
        }
        if (wait > 0) {
          long left = earlier.awaitNanos(wait);
          log.trace("woken {} ns early", left);
        }
      } catch (InterruptedException e) {
        return;
      } finally {
        lock.unlock();
      }
    }
  }

  private void lookAgain() {
    lock.lock();
    try {
      earlier.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Sets up to so many more workers to work; the lock is held. */
  private void hire(int most) {
    try {
      for (int i = 0; i < most && working < STARTERS; i++) {
        starters.execute(this::work);
        working++;
      }
    } catch (RejectedExecutionException e) {
      log.debug("closing", e);
    }
  }

  /** Asks one schedule after the other, until none waits. */
  private void work() {
    boolean ended = false;
    try {
      while (!ended) {
        Optional<ScheduleState> next = take();
        next.ifPresent(this::askAlone);
        ended = next.isEmpty();
      }
    } finally {
      if (!ended) {
        leave();
      }
    }
  }

  /** The next one to ask; if there is none, the worker has left. */
  private Optional<ScheduleState> take() {
    lock.lock();
    try {
      while (!closed) {
        boolean due = isDue(clock.instant());
        if (!due && waiting.isEmpty()) {
          break;
        }
        // In turn: neither keeps the other from being asked.
        dueTurn = due && (waiting.isEmpty() || !dueTurn);
        ScheduleState schedule = dueTurn ? takeDue() : waiting.removeFirst();
        if (inHand.putIfAbsent(schedule, false) == null) {
          return Optional.of(schedule);
        }
        inHand.put(schedule, true);
      }
      working--;
      return Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private ScheduleState takeDue() {
    ScheduleState schedule = wakes.removeFirst().schedule();
    wakeOf.remove(schedule);
    waiting.remove(schedule);
    if (!isDue(clock.instant())) {
      earlier.signal();
    }
    return schedule;
  }

  private void leave() {
    lock.lock();
    try {
      working--;
    } finally {
      lock.unlock();
    }
  }

  private void askAlone(ScheduleState schedule) {
    try (LogContext _ = LogContext.schedule(schedule.key().namespace(), schedule.key().name())) {
      ask(schedule);
    } catch (RuntimeException e) {
      metrics.error("dispatch");
      log.error("deciding failed; trying again in a while", e);
      wake(schedule, clock.instant().plus(Backoff.MAX_UNANSWERED));
    } finally {
      release(schedule);
    }
  }

  private void ask(ScheduleState schedule) {
    Step step = schedule.step(clock.instant());
    wake(schedule, step.wakeAt());
    for (Operation operation : step.operations()) {
      if (!isStart(operation)) {
        housekeepers.execute(() -> keep(schedule, operation));
      }
    }
    for (Operation operation : step.operations()) {
      if (isStart(operation)) {
        runner.run(schedule, operation);
        again(schedule);
      }
    }
    changed.accept(schedule);
  }

  private static boolean isStart(Operation operation) {
    return operation instanceof Operation.Create || operation instanceof Operation.Find;
  }

  private void keep(ScheduleState schedule, Operation operation) {
    try (LogContext _ = LogContext.schedule(schedule.key().namespace(), schedule.key().name())) {
      runner.run(schedule, operation);
      changed.accept(schedule);
    } catch (RuntimeException e) {
      metrics.error("housekeeping");
      log.error("an outcome could not be told", e);
    }
    poke(schedule);
  }

  private void again(ScheduleState schedule) {
    lock.lock();
    try {
      inHand.replace(schedule, true);
    } finally {
      lock.unlock();
    }
  }

  private void release(ScheduleState schedule) {
    lock.lock();
    try {
      if (Boolean.TRUE.equals(inHand.remove(schedule))) {
        poke(schedule);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Replaces what the schedule wanted before. */
  private void wake(ScheduleState schedule, Instant at) {
    lock.lock();
    try {
      Wake before = wakeOf.get(schedule);
      if (before != null && before.at().equals(at)) {
        return;
      }
      if (before != null) {
        wakes.remove(before);
        wakeOf.remove(schedule);
      }
      if (at.isBefore(Instant.MAX)) {
        Wake wake = new Wake(at, order++, schedule);
        wakes.add(wake);
        wakeOf.put(schedule, wake);
        if (wake.equals(wakes.first())) {
          earlier.signal();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Asks nobody any more, and returns when the starts that are under way have ended. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      waiting.clear();
      wakes.clear();
      wakeOf.clear();
      earlier.signal();
    } finally {
      lock.unlock();
    }
    jumps.close();
    starters.shutdown();
    housekeepers.shutdown();
    try {
      while (!starters.awaitTermination(1, TimeUnit.SECONDS)) {
        log.info("waiting for starts to end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
