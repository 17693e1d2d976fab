package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
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

  private static final class Entry {
    Run run;
    boolean seen;
    boolean busy;
    Instant checkAt;
    Instant retryAt = Instant.MIN;
    String problem = "";

    Entry(Run run, boolean seen, Instant checkAt) {
      this.run = run;
      this.seen = seen;
      this.checkAt = checkAt;
    }
  }

  private final Map<String, Entry> existing = new LinkedHashMap<>();
  private final Map<String, Entry> lingering = new LinkedHashMap<>();

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

  /** The UIDs of Jobs with a request under way, or one that is not to be repeated yet. */
  Set<String> busy(Instant now) {
    Set<String> busy = new HashSet<>();
    existing.forEach(
        (uid, entry) -> {
          if (entry.busy || entry.retryAt.isAfter(now)) {
            busy.add(uid);
          }
        });
    return busy;
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
    existing.putIfAbsent(run.uid(), new Entry(run, false, now.plus(SEEN_EXPECTED)));
  }

  /**
   * The watch or a list tells of a Job.
   *
   * @return whether this is newer than what was known
   */
  boolean put(Run run, Instant now) {
    Entry entry = existing.get(run.uid());
    if (entry == null) {
      existing.put(run.uid(), new Entry(run, true, run.created().plus(PODS_EXPECTED)));
      return true;
    }
    boolean newer = run.version() > entry.run.version();
    if (!entry.seen) {
      entry.seen = true;
      entry.checkAt = now.plus(PODS_EXPECTED);
    }
    if (newer) {
      entry.run = run;
      entry.problem = run.hadPods() ? "" : entry.problem;
    }
    return newer;
  }

  /** The Job is gone. Unless it had ended, or was deleted after its Pods, these may linger. */
  Optional<Run> gone(String uid, Instant now) {
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
    lingering.putIfAbsent(run.uid(), new Entry(run, true, now));
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

  /** A request for this Job has begun. */
  void begin(String uid) {
    Entry entry = existing.getOrDefault(uid, lingering.get(uid));
    if (entry != null) {
      entry.busy = true;
    }
  }

  /** A request for this Job has ended; whatever it was about is looked at again at that time. */
  void end(String uid, Instant lookAgainAt) {
    Entry entry = existing.getOrDefault(uid, lingering.get(uid));
    if (entry != null) {
      entry.busy = false;
      entry.checkAt = lookAgainAt;
      entry.retryAt = lookAgainAt;
    }
  }

  /** The questions that are due now. Their runs are busy until {@link #end}. */
  List<Operation> checks(Instant now) {
    List<Operation> checks = new ArrayList<>();
    for (Entry entry : existing.values()) {
      if (!entry.busy && needsCheck(entry) && !entry.checkAt.isAfter(now)) {
        entry.busy = true;
        checks.add(
            entry.seen ? new Operation.ExplainPods(entry.run) : new Operation.Verify(entry.run));
      }
    }
    for (Entry entry : lingering.values()) {
      if (!entry.busy && !entry.checkAt.isAfter(now)) {
        entry.busy = true;
        checks.add(new Operation.CheckPods(entry.run));
      }
    }
    return checks;
  }

  /** When the next question is due, or a request may be repeated. */
  Instant nextCheck(Instant now) {
    Instant next = Instant.MAX;
    for (Entry entry : existing.values()) {
      if (entry.retryAt.isAfter(now) && entry.retryAt.isBefore(next)) {
        next = entry.retryAt;
      }
      if (!entry.busy && needsCheck(entry) && entry.checkAt.isBefore(next)) {
        next = entry.checkAt;
      }
    }
    for (Entry entry : lingering.values()) {
      if (!entry.busy && entry.checkAt.isBefore(next)) {
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
