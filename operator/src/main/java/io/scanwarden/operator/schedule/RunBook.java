package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The runs of one schedule as far as their Jobs tell: those that exist, those whose Job is gone
 * while Pods may linger, and when to look again where no event will come. Not thread-safe: its
 * schedule's state guards it.
 */
final class RunBook {
  /** A Job without Pods for so long needs an explanation. */
  static final Duration PODS_EXPECTED = Duration.ofSeconds(60);

  /** A Job that was created, and not seen by the watch for so long, is asked for. */
  static final Duration SEEN_EXPECTED = Duration.ofSeconds(30);

  /** How often lingering Pods are asked for. */
  static final Duration LINGERING_INTERVAL = Duration.ofSeconds(2);

  /** The watch tells of everything within this time. */
  static final Duration WATCH_EXPECTED = Duration.ofMinutes(10);

  private static final class Entry {
    Run run;
    boolean seen;
    boolean asking;
    boolean deleting;
    Instant checkAt;
    Instant deleteAgainAt = Instant.MIN;
    String problem = "";

    Entry(Run run, boolean seen, Instant checkAt) {
      this.run = run;
      this.seen = seen;
      this.checkAt = checkAt;
    }
  }

  // Most schedules have none most of the time: maps are made when there is something to keep.
  private Map<String, Entry> existing = Collections.emptyMap();
  private Map<String, Entry> lingering = Collections.emptyMap();

  // Known to be gone before the watch told of it: whatever it still tells is of the past.
  private Map<String, Instant> buried = Collections.emptyMap();

  private long listedAt = -1;

  private Map<String, Entry> exist() {
    if (existing.isEmpty()) {
      existing = new LinkedHashMap<>();
    }
    return existing;
  }

  private Map<String, Entry> linger() {
    if (lingering.isEmpty()) {
      lingering = new LinkedHashMap<>();
    }
    return lingering;
  }

  /** The runs whose Jobs exist, of the schedule with that UID. */
  Collection<Run> runs(String scheduleUid) {
    List<Run> runs = new ArrayList<>(existing.size());
    for (Entry entry : existing.values()) {
      if (entry.run.scheduleUid().equals(scheduleUid)) {
        runs.add(entry.run);
      }
    }
    return runs;
  }

  int lingering(String scheduleUid) {
    int count = 0;
    for (Entry entry : lingering.values()) {
      if (entry.run.scheduleUid().equals(scheduleUid)) {
        count++;
      }
    }
    return count;
  }

  /** The UIDs of Jobs whose deletion is under way, or not to be tried again yet. */
  Set<String> deleting(Instant now) {
    Set<String> deleting = new HashSet<>();
    existing.forEach(
        (uid, entry) -> {
          if (entry.deleting || entry.deleteAgainAt.isAfter(now)) {
            deleting.add(uid);
          }
        });
    return deleting;
  }

  /** Whether a Job that exists has not ended, of whichever schedule of the name. */
  boolean hasUnfinished() {
    return existing.values().stream().anyMatch(entry -> !entry.run.finished());
  }

  /** Nothing will wait for what lingers but the pools whose slots it takes. */
  void forgetLingering() {
    lingering.values().removeIf(entry -> entry.run.pool().isEmpty());
  }

  /** The runs that take slots, be it of a pool or only of their tenant. */
  List<Run> withSlots() {
    List<Run> runs = new ArrayList<>();
    for (Entry entry : existing.values()) {
      if (entry.run.slots() > 0) {
        runs.add(entry.run);
      }
    }
    lingering.values().forEach(entry -> runs.add(entry.run));
    return runs;
  }

  boolean isEmpty() {
    return existing.isEmpty() && lingering.isEmpty();
  }

  Optional<Run> find(String uid) {
    return Optional.ofNullable(existing.get(uid)).map(entry -> entry.run);
  }

  /** The UIDs of all Jobs that exist. */
  Set<String> uids() {
    return Set.copyOf(existing.keySet());
  }

  boolean knows(String uid) {
    return existing.containsKey(uid) || lingering.containsKey(uid);
  }

  /** Why the run makes no progress; empty where there is nothing to say. */
  String problem(String uid) {
    Entry entry = existing.get(uid);
    return entry == null ? "" : entry.problem;
  }

  /** A Job of ours was created and acknowledged; the watch may have told of it already. */
  void created(Run run, Instant now) {
    if (!buried.containsKey(run.uid())) {
      exist().putIfAbsent(run.uid(), new Entry(run, false, now.plus(SEEN_EXPECTED)));
    }
  }

  /**
   * The watch tells of a Job.
   *
   * @return whether this is newer than what was known
   */
  boolean seen(Run run, Instant now) {
    return put(run, true, now);
  }

  /**
   * A list or a read has a Job. The watch may have told of its end already, and will never tell
   * again: unless it does, the Job is asked for.
   *
   * @return whether this is newer than what was known
   */
  boolean listed(Run run, Instant now) {
    return put(run, false, now);
  }

  /** All Jobs were listed, and only these existed as of that version. */
  void listed(Set<String> uids, long version) {
    listedAt = version;
    existing.values().removeIf(e -> e.run.version() <= version && !uids.contains(e.run.uid()));
  }

  private boolean put(Run run, boolean byWatch, Instant now) {
    if (buried.containsKey(run.uid())) {
      return false;
    }
    Entry entry = existing.get(run.uid());
    if (entry == null && byWatch && run.version() <= listedAt) {
      return false;
    }
    if (entry == null) {
      Instant checkAt = byWatch ? run.created().plus(PODS_EXPECTED) : now.plus(SEEN_EXPECTED);
      exist().put(run.uid(), new Entry(run, byWatch, checkAt));
      return true;
    }
    // The answer to a create tells less than the watch does of the same version.
    boolean newer =
        run.version() > entry.run.version()
            || (byWatch
                && !entry.seen
                && run.version() == entry.run.version()
                && !run.equals(entry.run));
    if (byWatch && !entry.seen) {
      entry.seen = true;
      entry.checkAt = now.plus(PODS_EXPECTED);
    }
    if (newer) {
      entry.run = run;
      entry.problem = run.hadPods() ? "" : entry.problem;
    }
    return newer;
  }

  /**
   * The watch tells that a Job is gone. Unless it had ended, or was deleted after its Pods, these
   * may linger.
   */
  Optional<Run> gone(String uid, Instant now) {
    buried.remove(uid);
    return remove(uid, now);
  }

  /** A Job has lost its owner. It may exist, with its Pods, but is no run any more. */
  Optional<Run> disowned(String uid) {
    return Optional.ofNullable(existing.remove(uid)).map(entry -> entry.run);
  }

  /** A list or a read does not find a Job any more. */
  Optional<Run> missing(String uid, Instant now) {
    if (existing.containsKey(uid)) {
      if (buried.isEmpty()) {
        buried = new HashMap<>();
      }
      buried.values().removeIf(since -> since.plus(WATCH_EXPECTED).isBefore(now));
      buried.put(uid, now);
    }
    return remove(uid, now);
  }

  private Optional<Run> remove(String uid, Instant now) {
    Entry entry = existing.remove(uid);
    if (entry == null) {
      return Optional.empty();
    }
    if (!entry.run.finished() && !entry.run.foreground()) {
      linger(entry.run, now);
    }
    return Optional.of(entry.run);
  }

  /** Pods of this run were found without their Job, or may be there. */
  void linger(Run run, Instant now) {
    linger().putIfAbsent(run.uid(), new Entry(run, true, now));
  }

  void podsGone(String uid) {
    lingering.remove(uid);
  }

  void problem(String uid, String problem, Instant now) {
    Entry entry = existing.get(uid);
    if (entry != null) {
      entry.problem = problem;
      entry.checkAt = now.plus(PODS_EXPECTED);
    }
  }

  /** The Job is being deleted: from now on, unless that fails, until it is gone. */
  void delete(String uid) {
    Entry entry = existing.get(uid);
    if (entry != null) {
      entry.deleting = true;
    }
  }

  /** The Job was not deleted; nobody tries again before that time. */
  void notDeleted(String uid, Instant deleteAgainAt) {
    Entry entry = existing.get(uid);
    if (entry != null) {
      entry.deleting = false;
      entry.deleteAgainAt = deleteAgainAt;
    }
  }

  /** A question about this Job was asked; if there still is one, it is asked again then. */
  void asked(String uid, Instant askAgainAt) {
    Entry entry = existing.getOrDefault(uid, lingering.get(uid));
    if (entry != null) {
      entry.asking = false;
      entry.checkAt = askAgainAt;
    }
  }

  /** The questions that are due now, each asked once until {@link #asked}. */
  List<Operation> checks(Instant now) {
    List<Operation> checks = new ArrayList<>();
    for (Entry entry : existing.values()) {
      if (!entry.asking && needsCheck(entry) && !entry.checkAt.isAfter(now)) {
        entry.asking = true;
        checks.add(
            entry.seen ? new Operation.ExplainPods(entry.run) : new Operation.Verify(entry.run));
      }
    }
    for (Entry entry : lingering.values()) {
      if (!entry.asking && !entry.checkAt.isAfter(now)) {
        entry.asking = true;
        checks.add(new Operation.CheckPods(entry.run));
      }
    }
    return checks;
  }

  /** When the next question is due, or a deletion may be tried again. */
  Instant nextCheck(Instant now) {
    Instant next = Instant.MAX;
    for (Entry entry : existing.values()) {
      if (entry.deleteAgainAt.isAfter(now) && entry.deleteAgainAt.isBefore(next)) {
        next = entry.deleteAgainAt;
      }
      if (!entry.asking && needsCheck(entry) && entry.checkAt.isBefore(next)) {
        next = entry.checkAt;
      }
    }
    for (Entry entry : lingering.values()) {
      if (!entry.asking && entry.checkAt.isBefore(next)) {
        next = entry.checkAt;
      }
    }
    return next;
  }

  private static boolean needsCheck(Entry entry) {
    Run run = entry.run;
    return !entry.seen || !(run.finished() || run.hadPods() || run.suspended() || run.deleting());
  }
}
