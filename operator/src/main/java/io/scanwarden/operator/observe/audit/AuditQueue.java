package io.scanwarden.operator.observe.audit;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** What waits to be written, in order, and bounded: what is too much is counted. Thread-safe. */
final class AuditQueue {

  /** A decision, and when it was recorded. */
  record Recorded(Instant time, AuditContent content) {}

  /**
   * All that waited.
   *
   * @param lost so many more came behind these, for which there was no room
   */
  record Batch(List<Recorded> recorded, long lost) {}

  private final int capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private List<Recorded> waiting = new ArrayList<>();
  private long lost;
  private boolean closed;

  AuditQueue(int capacity) {
    this.capacity = capacity;
  }

  /** Adds at the end; false when there was no room, or it is closed. */
  boolean offer(Recorded recorded) {
    lock.lock();
    try {
      // Once some were lost, all are until that is told: what is kept stays in one piece.
      if (closed || lost > 0 || waiting.size() >= capacity) {
        lost++;
        return false;
      }
      waiting.add(recorded);
      if (waiting.size() == 1) {
        news.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes all that waits, as soon as there is something; nothing after that time, or if closed. */
  Batch take(long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (waiting.isEmpty() && !closed && left > 0) {
        left = news.awaitNanos(left);
      }
      Batch all = new Batch(waiting, lost);
      waiting = new ArrayList<>();
      lost = 0;
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for that time, or until it is closed. */
  void awaitClose(long seconds) throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.SECONDS.toNanos(seconds);
      while (!closed && left > 0) {
        left = news.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more, and lets nobody wait. */
  void close() {
    lock.lock();
    try {
      closed = true;
      news.signal();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }
}
