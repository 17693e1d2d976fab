package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Run;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What exists of that which quotas count, as this process sees it, and the Jobs that runs of
 * schedules wait to have. Kept by name, not as numbers: whatever is told twice, late or not at all
 * changes nothing for the rest. Watches, lists and answers may tell in any order: the newer version
 * stays, and what was gone does not come back. Thread-safe.
 */
public final class Holdings {
  /** A list or an answer that is older than the end of so many objects brings none of them back. */
  private static final int REMEMBERED = 10_000;

  /** A version that any other one is newer than. */
  private static final long NEVER_READ = -1;

  /** Something that has a name of its own among those of its kind. */
  private sealed interface Held {
    String uid();

    long version();
  }

  private record HeldSchedule(String uid, long version) implements Held {}

  /**
   * A Job that exists.
   *
   * @param ofRun whether a schedule controls it
   */
  private record HeldJob(String uid, long version, boolean ofRun, boolean ended, int slots)
      implements Held {
    /** Whether it counts in the same way. */
    boolean countsAs(HeldJob other) {
      return uid.equals(other.uid)
          && ofRun == other.ofRun
          && ended == other.ended
          && slots == other.slots;
    }
  }

  /** What one namespace has. */
  private static final class Space {
    private final Map<String, HeldSchedule> schedules = new HashMap<>();
    private final Map<String, HeldJob> jobs = new HashMap<>();
    // By the run that waits for them.
    private final Map<String, Set<String>> awaited = new HashMap<>();

    boolean isEmpty() {
      return schedules.isEmpty() && jobs.isEmpty() && awaited.isEmpty();
    }
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

  // A namespace that has nothing is not kept; each is read and changed by the map's compute alone.
  private final ConcurrentHashMap<String, Space> spaces = new ConcurrentHashMap<>();
  // By UID, the version with which it went.
  private final Map<String, Long> gone =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
              return size() > REMEMBERED;
            }
          });
  private volatile Consumer<String> changed = namespace -> {};

  /** Who counts: told of a namespace in which something is different now. */
  void onChange(Consumer<String> newChanged) {
    changed = newChanged;
  }

  /**
   * A ScanSchedule exists.
   *
   * @param version its resourceVersion as a number
   */
  public void schedule(String namespace, String name, String uid, long version) {
    HeldSchedule schedule = new HeldSchedule(uid, version);
    change(
        namespace,
        space -> {
          HeldSchedule before = space.schedules.get(name);
          if (!isNews(schedule, before)) {
            return false;
          }
          space.schedules.put(name, schedule);
          return before == null || !before.uid().equals(uid);
        });
  }

  /** The ScanSchedule with that UID does not exist any more. */
  public void scheduleGone(String namespace, String name, String uid) {
    change(namespace, space -> remove(space.schedules, name, uid, Long.MAX_VALUE));
  }

  /** A Job that counts was read. */
  public void seen(JobResource job) {
    ObjectMeta metadata = job.getMetadata();
    JobResource.Spec spec = job.getSpec();
    boolean ended = job.hasEnded();
    int slots = ended || spec == null || job.asksForSuspension() ? 0 : spec.slots();
    job(
        metadata.getNamespace(),
        metadata.getName(),
        new HeldJob(
            metadata.getUid(), Run.version(metadata), Run.belongsToSchedule(job), ended, slots));
  }

  /** A Job that counted is gone. */
  public void gone(JobResource job) {
    ObjectMeta metadata = job.getMetadata();
    // A Job whose labels have changed is gone from one watch, and told of by another.
    long version = metadata.getResourceVersion() == null ? Long.MAX_VALUE : Run.version(metadata);
    change(
        metadata.getNamespace(),
        space -> remove(space.jobs, metadata.getName(), metadata.getUid(), version));
  }

  /**
   * A Job of a run was created, of which nothing may have been read yet.
   *
   * @param slots how many Pods it may run at once
   */
  void created(String namespace, String name, String uid, int slots) {
    job(namespace, name, new HeldJob(uid, NEVER_READ, true, false, slots));
  }

  private void job(String namespace, String name, HeldJob job) {
    change(
        namespace,
        space -> {
          HeldJob before = space.jobs.get(name);
          if (!isNews(job, before)) {
            return false;
          }
          space.jobs.put(name, job);
          return before == null || !before.countsAs(job);
        });
  }

  private boolean isNews(Held now, @Nullable Held before) {
    return now.version() > gone.getOrDefault(now.uid(), Long.MIN_VALUE)
        && (before == null || now.version() >= before.version());
  }

  private <T extends Held> boolean remove(
      Map<String, T> held, String name, String uid, long version) {
    gone.put(uid, version);
    T known = held.get(name);
    return known != null && known.uid().equals(uid) && held.remove(name, known);
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

  /**
   * A run gets places for these Jobs.
   *
   * @return whether it did not have any before
   */
  boolean accept(String namespace, String run, Set<String> jobs) {
    return change(namespace, space -> space.awaited.putIfAbsent(run, jobs) == null);
  }

  /** It does not wait for those Jobs any more, unless it was told since that it does. */
  @SuppressWarnings("ReferenceEquality") // equal ones may be of somebody who waits
  void giveUp(String namespace, String run, Set<String> jobs) {
    change(namespace, space -> space.awaited.get(run) == jobs && space.awaited.remove(run, jobs));
  }

  private boolean change(String namespace, Predicate<Space> change) {
    boolean[] news = new boolean[1];
    spaces.compute(
        namespace,
        (key, known) -> {
          Space space = known == null ? new Space() : known;
          news[0] = change.test(space);
          return space.isEmpty() ? null : space;
        });
    if (news[0]) {
      changed.accept(namespace);
    }
    return news[0];
  }

  /** What the question finds in a namespace that has anything. */
  private <T> Optional<T> read(String namespace, Function<Space, Optional<T>> question) {
    List<T> answer = new ArrayList<>(1);
    spaces.computeIfPresent(
        namespace,
        (key, space) -> {
          question.apply(space).ifPresent(answer::add);
          return space;
        });
    return answer.stream().findFirst();
  }

  /** The UID of the object of that kind and name, if there is one. */
  Optional<String> uid(QuotaRequest.Kind kind, String namespace, String name) {
    return read(
        namespace,
        space ->
            switch (kind) {
              case SCHEDULE -> Optional.ofNullable(space.schedules.get(name)).map(Held::uid);
              case JOB -> Optional.ofNullable(space.jobs.get(name)).map(Held::uid);
            });
  }

  /** How much these namespaces have together. */
  Totals totals(Collection<String> namespaces) {
    return namespaces.stream()
        .flatMap(namespace -> read(namespace, space -> Optional.of(totals(space))).stream())
        .reduce(Totals.NONE, Totals::plus);
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
      for (String name : jobs) {
        HeldJob job = space.jobs.get(name);
        // The Job of somebody else that has the name is not the one that is awaited.
        active += job != null && job.ofRun() ? 0 : 1;
      }
    }
    return new Totals(space.schedules.size(), active, running, retained);
  }
}
