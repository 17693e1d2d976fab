package io.scanwarden.operator.schedule;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Which schedule has a run of each concurrency group, and which wait for it: the one whose run has
 * been due for the longest is next. Thread-safe; never calls a schedule while it is locked.
 *
 * <p>Every run that a new leader has found must be known here before the first one begins.
 */
final class ConcurrencyGroups {
  /** A group, by its namespace and name. */
  record Group(String namespace, String name) {}

  private record Waiter(Instant since, ScheduleKey schedule) {
    static final Comparator<Waiter> ORDER =
        Comparator.comparing(Waiter::since).thenComparing(w -> w.schedule().toString());
  }

  private static final class Entry {
    // More than one only where runs were active before their schedules had the group.
    final Set<ScheduleKey> active = new HashSet<>();
    final TreeSet<Waiter> waiting = new TreeSet<>(Waiter.ORDER);

    boolean stopWaiting(ScheduleKey schedule) {
      return waiting.removeIf(waiter -> waiter.schedule().equals(schedule));
    }
  }

  private final Map<Group, Entry> entries = new HashMap<>();
  private final Consumer<ScheduleKey> free;

  /**
   * Knows of no runs yet.
   *
   * @param free told of a schedule whose turn has come
   */
  ConcurrencyGroups(Consumer<ScheduleKey> free) {
    this.free = free;
  }

  /** Whether a run of the schedule that has been due since then could begin now. */
  synchronized boolean mayEnter(Group group, ScheduleKey schedule, Instant since) {
    Entry entry = entries.get(group);
    if (entry == null) {
      return true;
    }
    Waiter me = new Waiter(since, schedule);
    boolean first =
        entry.waiting.stream()
            .filter(w -> !w.schedule().equals(schedule))
            .findFirst()
            .filter(w -> Waiter.ORDER.compare(w, me) < 0)
            .isEmpty();
    return entry.active.stream().allMatch(schedule::equals) && first;
  }

  /** A run of the schedule begins, if it may; nobody else's can before {@link #leave}. */
  synchronized boolean enter(Group group, ScheduleKey schedule, Instant since) {
    if (!mayEnter(group, schedule, since)) {
      return false;
    }
    hold(group, schedule);
    return true;
  }

  /** A run of the schedule is active, whether it may be or not. */
  synchronized void hold(Group group, ScheduleKey schedule) {
    Entry entry = entries.computeIfAbsent(group, g -> new Entry());
    entry.active.add(schedule);
    entry.stopWaiting(schedule);
  }

  /**
   * The schedule has a run that waits for nothing but the group. Where that has become free since
   * the schedule looked, whoever is next is told, as nobody else will do so.
   */
  void await(Group group, ScheduleKey schedule, Instant since) {
    change(
        group,
        entry -> {
          entry.stopWaiting(schedule);
          return entry.waiting.add(new Waiter(since, schedule));
        });
  }

  /** No run of the schedule waits for the group any more. */
  void stopWaiting(Group group, ScheduleKey schedule) {
    change(group, entry -> entry.stopWaiting(schedule));
  }

  /** No run of the schedule is active any more. */
  void leave(Group group, ScheduleKey schedule) {
    change(group, entry -> entry.active.remove(schedule));
  }

  private void change(Group group, Predicate<Entry> change) {
    Optional<ScheduleKey> next;
    synchronized (this) {
      Entry entry = entries.computeIfAbsent(group, g -> new Entry());
      boolean changed = change.test(entry);
      next =
          changed && entry.active.isEmpty() && !entry.waiting.isEmpty()
              ? Optional.of(entry.waiting.first().schedule())
              : Optional.empty();
      if (entry.active.isEmpty() && entry.waiting.isEmpty()) {
        entries.remove(group);
      }
    }
    next.ifPresent(free);
  }
}
