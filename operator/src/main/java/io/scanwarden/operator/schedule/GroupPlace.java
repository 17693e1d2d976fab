package io.scanwarden.operator.schedule;

import io.scanwarden.operator.schedule.ConcurrencyGroups.Group;
import java.time.Instant;
import java.util.Optional;

/**
 * The place of one schedule in its concurrency group, if it has one. Not thread-safe: its
 * schedule's state guards it.
 */
final class GroupPlace {
  private final ConcurrencyGroups groups;
  private final ScheduleKey schedule;
  private Optional<Group> group = Optional.empty();
  private boolean held;
  private Optional<Instant> waiting = Optional.empty();

  GroupPlace(ConcurrencyGroups groups, ScheduleKey schedule) {
    this.groups = groups;
    this.schedule = schedule;
  }

  /** Whether a run that has been due since then could begin now. */
  boolean isFree(Instant since) {
    return group.isEmpty() || groups.mayEnter(group.get(), schedule, turn(since));
  }

  /** Whose place a run takes has waited for it too. */
  Instant turn(Instant since) {
    return waiting.filter(since::isAfter).orElse(since);
  }

  /** A run that has been due since then begins, unless the group is busy. */
  boolean enter(Instant since) {
    if (group.isEmpty()) {
      return true;
    }
    boolean entered = groups.enter(group.get(), schedule, turn(since));
    held |= entered;
    return entered;
  }

  /**
   * How things stand.
   *
   * @param name the group that the schedule is in
   * @param active whether a run is active
   * @param since when the run was due that waits for nothing but the group
   */
  void follow(Optional<String> name, boolean active, Optional<Instant> since) {
    Optional<Group> now = name.map(n -> new Group(schedule.namespace(), n));
    if (!now.equals(group)) {
      release();
      group = now;
    }
    if (group.isEmpty()) {
      return;
    }
    if (active && !held) {
      groups.hold(group.get(), schedule);
    }
    if (since.isPresent() && !since.equals(waiting)) {
      groups.await(group.get(), schedule, since.get());
    }
    if (since.isEmpty() && waiting.isPresent()) {
      groups.stopWaiting(group.get(), schedule);
    }
    waiting = since;
    boolean left = held && !active;
    held = active;
    if (left) {
      groups.leave(group.get(), schedule);
    }
  }

  private void release() {
    if (group.isPresent() && waiting.isPresent()) {
      groups.stopWaiting(group.get(), schedule);
    }
    if (group.isPresent() && held) {
      groups.leave(group.get(), schedule);
    }
    waiting = Optional.empty();
    held = false;
  }
}
