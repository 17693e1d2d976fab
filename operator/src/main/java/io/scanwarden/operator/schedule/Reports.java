package io.scanwarden.operator.schedule;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When which status is written. At once if a start waits for it; otherwise behind the fires, and
 * soon after a change, so that changes in quick succession share a write. In a burst those wait
 * whose run is under way, so that the start and the end of a short run share a write, and those
 * whose run has ended go first. None waits much longer than {@link #LATEST}.
 *
 * <p>Only as many as can be written at a time are asked for: what waits, waits here, where it costs
 * nothing and what is urgent can pass it.
 */
final class Reports implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Reports.class);
  private static final long SOON = Duration.ofMillis(300).toNanos();

  /** By so much each of those that wait delays the others, as long as they are few. */
  private static final long EACH = Duration.ofMillis(40).toNanos();

  /** So many are few: each is written within a second. More are a burst. */
  private static final int FEW = 16;

  /** With the time that writing takes, no status is older than ten seconds. */
  static final Duration LATEST = Duration.ofMillis(8500);

  /** What was asked for and did not come to an end for so long is asked for again. */
  private static final long LOST = Duration.ofSeconds(10).toNanos();

  /** Whether fires are due is looked at so often. */
  private static final long LOOK = Duration.ofMillis(20).toNanos();

  private static final class Pending {
    final long since;
    final int crowd;
    ReportNeed need = ReportNeed.NONE;

    /**
     * One that waits from now on.
     *
     * @param crowd how many wait, this one included
     */
    Pending(long since, int crowd) {
      this.since = since;
      this.crowd = crowd;
    }
  }

  private static final class Emitted {
    final long at;
    boolean failed;

    Emitted(long at) {
      this.at = at;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // All three in the order in which they came.
  private final LinkedHashMap<ScheduleKey, Pending> pending = new LinkedHashMap<>();
  private final LinkedHashSet<ScheduleKey> settled = new LinkedHashSet<>();
  private final LinkedHashSet<ScheduleKey> urgent = new LinkedHashSet<>();
  // Asked for, and not done yet.
  private final Map<ScheduleKey, Emitted> emitted = new LinkedHashMap<>();
  private boolean urgentTurn;
  private boolean closed;

  private final Consumer<ScheduleKey> emit;
  private final BooleanSupplier fires;
  private final int atATime;
  private final LongSupplier nanoTime;
  private final Thread thread;

  /**
   * Makes one that asks for nothing yet.
   *
   * @param emit asks for the status of a schedule to be written; the end is told by {@link #done}
   *     or {@link #failed}
   * @param fires whether starts are due: then only what is urgent, or old, is asked for
   * @param atATime how many are written at once
   */
  Reports(Consumer<ScheduleKey> emit, BooleanSupplier fires, int atATime, LongSupplier nanoTime) {
    this.emit = emit;
    this.fires = fires;
    this.atATime = atATime;
    this.nanoTime = nanoTime;
    this.thread = Thread.ofPlatform().name("reports").unstarted(this::run);
  }

  void start() {
    thread.start();
  }

  /** The schedule's state may want to be reported. */
  void request(ScheduleState state) {
    ReportNeed need = state.reportNeed();
    if (need == ReportNeed.NONE) {
      return;
    }
    ScheduleKey key = state.key();
    lock.lock();
    try {
      if (emitted.containsKey(key)) {
        return; // it is asked again when that is done
      }
      Pending waiting = pending.get(key);
      if (waiting == null) {
        waiting = new Pending(nanoTime.getAsLong(), pending.size() + 1);
        pending.put(key, waiting);
      }
      if (waiting.need == need) {
        return;
      }
      waiting.need = need;
      settled.remove(key);
      urgent.remove(key);
      if (need == ReportNeed.URGENT) {
        urgent.add(key);
      } else if (need == ReportNeed.SETTLED) {
        settled.add(key);
      }
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** The status is as it should be, or there is nobody to report of. */
  void done(ScheduleKey key) {
    lock.lock();
    try {
      forget(key);
      if (emitted.remove(key) != null) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The status could not be written; whoever was asked to write it tries again by himself. */
  void failed(ScheduleKey key) {
    lock.lock();
    try {
      Emitted before = emitted.get(key);
      if (before != null) {
        before.failed = true;
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** How many statuses wait to be written, or are being written. */
  int backlog() {
    lock.lock();
    try {
      return pending.size() + emitted.size();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (true) {
        boolean fireIsDue = fires.getAsBoolean();
        List<ScheduleKey> next = new ArrayList<>();
        lock.lock();
        try {
          if (closed) {
            return;
          }
          take(next, fireIsDue);
          if (next.isEmpty()) {
            // A long wait where nothing waits, or nothing more can be written.
            long left = changed.awaitNanos(pending.isEmpty() ? LOST : LOOK);
            log.trace("woken {} ns early", left);
          }
        } finally {
          lock.unlock();
        }
        next.forEach(this::emit);
      }
    } catch (InterruptedException e) {
      log.debug("closing", e);
    }
  }

  /** Adds those whose turn it is; the lock is held. */
  private void take(List<ScheduleKey> next, boolean fireIsDue) {
    long now = nanoTime.getAsLong();
    int room = atATime;
    for (var asked : emitted.entrySet()) {
      if (now - asked.getValue().at > LOST) {
        next.add(asked.getKey());
      } else if (!asked.getValue().failed) {
        room--;
      }
    }
    next.forEach(key -> emitted.put(key, new Emitted(now)));
    for (; room > 0; room--) {
      ScheduleKey key = first(now, fireIsDue);
      if (key == null) {
        return;
      }
      forget(key);
      emitted.put(key, new Emitted(now));
      next.add(key);
    }
  }

  private @Nullable ScheduleKey first(long now, boolean fireIsDue) {
    if (pending.isEmpty()) {
      return null;
    }
    var oldest = pending.firstEntry();
    long age = now - oldest.getValue().since;
    long latest = LATEST.toNanos();
    // In turn where both want to: neither keeps the other waiting.
    urgentTurn = !urgent.isEmpty() && (age < latest || !urgentTurn);
    if (urgentTurn) {
      return urgent.getFirst();
    }
    // A burst is one to its end, for those who came in it.
    int crowd = Math.max(pending.size(), oldest.getValue().crowd);
    long patience = fireIsDue || crowd > FEW ? latest : SOON + EACH * (crowd - 1);
    if (age >= patience) {
      return oldest.getKey();
    }
    if (fireIsDue || settled.isEmpty()) {
      return null;
    }
    Pending ended = pending.get(settled.getFirst());
    return ended != null && now - ended.since >= SOON ? settled.getFirst() : null;
  }

  private void forget(ScheduleKey key) {
    pending.remove(key);
    settled.remove(key);
    urgent.remove(key);
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
    lock.lock();
    try {
      closed = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }
}
