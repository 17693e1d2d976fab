package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.WorkClock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The states of all schedules, and the way in which readings reach them. Thread-safe. */
final class ScheduleRegistry {
  private final ConcurrentHashMap<ScheduleKey, ScheduleState> states = new ConcurrentHashMap<>();
  private final WorkClock clock;
  private final Telemetry telemetry;
  private final ConcurrencyGroups groups;
  private final PoolTurns pools;
  private final QuotaTurns quotas;
  private volatile @Nullable Instant leadingSince;
  private volatile ListedAt listedAt = ListedAt.NEVER;

  ScheduleRegistry(
      WorkClock clock,
      Telemetry telemetry,
      ConcurrencyGroups groups,
      PoolTurns pools,
      QuotaTurns quotas) {
    this.clock = clock;
    this.telemetry = telemetry;
    this.groups = groups;
    this.pools = pools;
    this.quotas = quotas;
  }

  Optional<ScheduleState> find(ScheduleKey key) {
    return Optional.ofNullable(states.get(key));
  }

  Collection<ScheduleState> all() {
    return List.copyOf(states.values());
  }

  int size() {
    return states.size();
  }

  /** A reading of a schedule; tells the state if it is news. */
  Optional<ScheduleState> put(ScheduleResource resource) {
    boolean[] news = new boolean[1];
    ScheduleState state =
        change(key(resource), true, s -> news[0] = s.resource(resource, clock.instant()));
    return news[0] ? Optional.ofNullable(state) : Optional.empty();
  }

  /** The schedule is gone; tells the state that it had. */
  Optional<ScheduleState> remove(ScheduleResource resource) {
    Optional<ScheduleState> state = find(key(resource));
    remove(key(resource), resource.getMetadata().getUid());
    return state;
  }

  /** Whether this reading of a schedule is no news. */
  boolean knows(ScheduleResource resource) {
    ScheduleState state = states.get(key(resource));
    return state != null && state.knows(resource);
  }

  /** A list has a schedule. */
  void listed(ScheduleResource resource) {
    change(key(resource), true, s -> s.listed(resource, clock.instant()));
  }

  /** All schedules and Jobs were listed, and are told one by one from now on. */
  void listed(Set<String> uids, ListedAt versions) {
    listedAt = versions;
    all().forEach(state -> change(state.key(), false, s -> s.listed(uids, versions)));
  }

  /** The schedule with that UID is gone. */
  void remove(ScheduleKey key, String uid) {
    change(key, false, s -> s.resourceGone(uid));
  }

  /** The watch tells of a Job; tells the state if something may have to be decided. */
  Optional<ScheduleState> put(JobResource job) {
    return put(job, ScheduleState::job);
  }

  /**
   * The watch tells of a Job that it has told of before. One that has lost its owner, as those of a
   * schedule that is deleted with cascade=orphan do, is gone as far as the schedule is concerned.
   */
  Optional<ScheduleState> put(JobResource before, JobResource job) {
    Optional<ScheduleKey> loser = owner(before).filter(key -> !owner(job).equals(Optional.of(key)));
    if (loser.isEmpty()) {
      return put(job);
    }
    var _ = put(job);
    return loser.map(
        key -> change(key, false, s -> s.jobDisowned(job.getMetadata().getUid(), clock.instant())));
  }

  /** A list has a Job, of which the watch may not have told, or not tell any more. */
  void listed(JobResource job) {
    var _ = put(job, ScheduleState::listed);
  }

  @FunctionalInterface
  private interface Reading {
    boolean of(ScheduleState state, Run run, Instant now);
  }

  private Optional<ScheduleState> put(JobResource job, Reading reading) {
    Optional<ScheduleKey> owner = owner(job);
    Optional<Run> run = Run.of(job);
    if (owner.isEmpty() || run.isEmpty()) {
      return Optional.empty();
    }
    boolean[] news = new boolean[1];
    ScheduleState state =
        change(owner.get(), true, s -> news[0] = reading.of(s, run.get(), clock.instant()));
    return news[0] ? Optional.ofNullable(state) : Optional.empty();
  }

  /** A Job is gone. */
  Optional<ScheduleState> remove(JobResource job) {
    // The last reading tells how it stood: finished, or being deleted in the foreground.
    put(job);
    return owner(job)
        .map(
            key -> change(key, false, s -> s.jobGone(job.getMetadata().getUid(), clock.instant())));
  }

  /** From this moment on, whatever state there will be leads; those there are must be told. */
  void lead(Instant since) {
    leadingSince = since;
  }

  /**
   * The schedule is led by this process now.
   *
   * @param uid of the resource whose status it is
   */
  void lead(ScheduleState state, String uid, Optional<ScanScheduleStatus> status, Instant now) {
    change(state.key(), false, s -> s.lead(uid, status, now));
  }

  private @Nullable ScheduleState change(
      ScheduleKey key, boolean create, Consumer<ScheduleState> change) {
    return states.compute(
        key,
        (k, state) -> {
          ScheduleState changed = state;
          if (changed == null) {
            if (!create) {
              return null;
            }
            changed = new ScheduleState(key, telemetry, groups, pools, quotas);
            changed.listed(Set.of(), listedAt);
            Instant since = leadingSince;
            if (since != null) {
              changed.join(since);
            }
          }
          change.accept(changed);
          return changed.isEmpty() ? null : changed;
        });
  }

  static ScheduleKey key(HasMetadata resource) {
    return new ScheduleKey(resource.getMetadata().getNamespace(), resource.getMetadata().getName());
  }

  /** The schedule that a Job says it is controlled by. */
  private static Optional<ScheduleKey> owner(JobResource job) {
    List<OwnerReference> owners = job.getMetadata().getOwnerReferences();
    return Optional.ofNullable(owners).stream()
        .flatMap(List::stream)
        .filter(o -> Boolean.TRUE.equals(o.getController()))
        .filter(o -> o.getApiVersion() != null && o.getApiVersion().startsWith(Marks.PREFIX))
        .findFirst()
        .map(o -> new ScheduleKey(job.getMetadata().getNamespace(), o.getName()));
  }
}
