package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.scanwarden.operator.run.JobResource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What exists of that which quotas count, as this process sees it, and the Jobs that runs of
 * schedules wait to have. Kept by name, not as numbers: whatever is told twice, late or not at all
 * changes nothing for the rest. Thread-safe.
 */
public final class Holdings {
  /** A Job that exists. */
  private record HeldJob(String uid, boolean ended, int slots) {}

  /** What one namespace has. Guarded by itself. */
  private static final class Space {
    private final Map<String, String> schedules = new HashMap<>();
    private final Map<String, HeldJob> jobs = new HashMap<>();
    // By the run that waits for them.
    private final Map<String, Set<String>> awaited = new HashMap<>();
  }

  /**
   * How much there is.
   *
   * @param activeJobs that have not ended, those that are awaited included
   * @param runningJobs the slots that they take
   */
  record Totals(int schedules, int activeJobs, int runningJobs, int retainedJobs) {
    static final Totals NONE = new Totals(0, 0, 0, 0);

    Totals plus(Totals other) {
      return new Totals(
          schedules + other.schedules,
          activeJobs + other.activeJobs,
          runningJobs + other.runningJobs,
          retainedJobs + other.retainedJobs);
    }
  }

  private final ConcurrentHashMap<String, Space> spaces = new ConcurrentHashMap<>();
  private volatile Consumer<String> changed = namespace -> {};

  /** Who counts: told of a namespace in which something is different now. */
  void onChange(Consumer<String> newChanged) {
    changed = newChanged;
  }

  /** A ScanSchedule exists. */
  public void schedule(String namespace, String name, String uid) {
    change(namespace, space -> !uid.equals(space.schedules.put(name, uid)));
  }

  /** The ScanSchedule with that UID does not exist any more. */
  public void scheduleGone(String namespace, String name, String uid) {
    change(namespace, space -> space.schedules.remove(name, uid));
  }

  /** A Job that counts was read. */
  public void seen(JobResource job) {
    ObjectMeta metadata = job.getMetadata();
    JobResource.Spec spec = job.getSpec();
    int slots = spec == null || job.asksForSuspension() ? 0 : spec.slots();
    job(metadata.getNamespace(), metadata.getName(), metadata.getUid(), job.hasEnded(), slots);
  }

  /** A Job that counted is gone. */
  public void gone(JobResource job) {
    ObjectMeta metadata = job.getMetadata();
    jobGone(metadata.getNamespace(), metadata.getName(), metadata.getUid());
  }

  /**
   * A Job that counts exists.
   *
   * @param ended whether it is Complete or Failed
   * @param slots how many Pods it may run at once; 0 while it is suspended
   */
  void job(String namespace, String name, String uid, boolean ended, int slots) {
    HeldJob job = new HeldJob(uid, ended, ended ? 0 : slots);
    change(namespace, space -> !job.equals(space.jobs.put(name, job)));
  }

  /** The Job with that UID does not exist any more. */
  void jobGone(String namespace, String name, String uid) {
    change(
        namespace,
        space -> {
          HeldJob job = space.jobs.get(name);
          return job != null && job.uid().equals(uid) && space.jobs.remove(name, job);
        });
  }

  /** A run waits to have these Jobs, and has its places; none: it waits no more. */
  void await(String namespace, String run, Set<String> jobs) {
    change(
        namespace,
        space ->
            jobs.isEmpty()
                ? space.awaited.remove(run) != null
                : !jobs.equals(space.awaited.put(run, Set.copyOf(jobs))));
  }

  private void change(String namespace, Predicate<Space> change) {
    Space space = spaces.computeIfAbsent(namespace, key -> new Space());
    boolean news;
    synchronized (space) {
      news = change.test(space);
    }
    if (news) {
      changed.accept(namespace);
    }
  }

  /** The UID of the object of that kind and name, if there is one. */
  Optional<String> uid(QuotaRequest.Kind kind, String namespace, String name) {
    Space space = spaces.get(namespace);
    if (space == null) {
      return Optional.empty();
    }
    synchronized (space) {
      return switch (kind) {
        case SCHEDULE -> Optional.ofNullable(space.schedules.get(name));
        case JOB -> Optional.ofNullable(space.jobs.get(name)).map(HeldJob::uid);
      };
    }
  }

  /** How much these namespaces have together. */
  Totals totals(Collection<String> namespaces) {
    Totals totals = Totals.NONE;
    for (String namespace : namespaces) {
      Space space = spaces.get(namespace);
      if (space != null) {
        synchronized (space) {
          totals = totals.plus(totals(space));
        }
      }
    }
    return totals;
  }

  private static Totals totals(Space space) {
    int active = 0;
    int running = 0;
    int retained = 0;
    for (HeldJob job : space.jobs.values()) {
      active += job.ended() ? 0 : 1;
      retained += job.ended() ? 1 : 0;
      running += job.slots();
    }
    for (Set<String> jobs : space.awaited.values()) {
      for (String job : jobs) {
        active += space.jobs.containsKey(job) ? 0 : 1;
      }
    }
    return new Totals(space.schedules.size(), active, running, retained);
  }
}
