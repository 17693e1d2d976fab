package io.scanwarden.operator.schedule;

import io.scanwarden.operator.pool.JobKey;
import io.scanwarden.operator.pool.PoolClaim;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunName;
import io.scanwarden.operator.tenant.SlotTenant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What one schedule has of pools, and what it waits for. Where a tenant may run so many Jobs only,
 * those without a pool wait in {@link PoolKey#none}; where a quota counts them, those that run hold
 * slots there. Not thread-safe: its schedule's state guards it.
 */
final class PoolPlace {
  /** A Job that lacks nothing but slots. */
  private record Wanted(AttemptKey job, PoolKey pool, PoolClaim claim) {}

  /** A Job that has slots. */
  private record Held(PoolKey pool, int slots) {}

  /** A Job whose create was sent, or is about to be. */
  private record Started(JobKey job, Optional<PoolKey> pool, int slots) {}

  private final PoolTurns turns;
  private final ScheduleKey schedule;
  private Optional<PoolKey> pool = Optional.empty();
  // Most schedules have nothing of a pool most of the time.
  private Map<JobKey, Wanted> wanted = Map.of();
  private Map<JobKey, Held> held = Map.of();
  private Map<AttemptKey, Started> started = Map.of();

  PoolPlace(PoolTurns turns, ScheduleKey schedule) {
    this.turns = turns;
    this.schedule = schedule;
  }

  /** Why nothing starts in the pool that the spec names; absent where something may. */
  Optional<WaitReason> problem() {
    return pool.flatMap(p -> turns.pools().problem(p, schedule.namespace())).map(WaitReason::of);
  }

  /** Where the Jobs of the schedule have to wait for slots; absent if they need none. */
  private Optional<PoolKey> place(ScheduleSpec spec) {
    return spec.pool()
        .or(() -> noPool(tenant().filter(tenant -> tenant.runningJobs().isPresent())));
  }

  /** Where a Job that exists has its slots; absent if nobody counts them. */
  private Optional<PoolKey> place(Optional<PoolKey> of) {
    return of.or(() -> noPool(tenant()));
  }

  private Optional<PoolKey> noPool(Optional<SlotTenant> tenant) {
    return tenant.map(any -> PoolKey.none(schedule.namespace()));
  }

  /** The tenant that has a quota, if any. */
  private Optional<SlotTenant> tenant() {
    return Optional.of(turns.pools().tenant(schedule.namespace())).filter(SlotTenant::hasQuota);
  }

  /** Whether Jobs without a pool take slots too. */
  boolean countsAll() {
    return tenant().isPresent();
  }

  /** What the pools say of the Jobs that wait. */
  Situation.Slots slots(ScheduleSpec spec) {
    boolean needed = place(spec).isPresent();
    if (wanted.isEmpty()) {
      return needed ? new Situation.Slots(true, Set.of(), Map.of()) : Situation.Slots.NONE;
    }
    Set<AttemptKey> granted = new HashSet<>();
    Map<AttemptKey, WaitReason> reasons = new HashMap<>();
    wanted.forEach(
        (job, want) -> {
          if (turns.pools().holds(want.pool(), job)) {
            granted.add(want.job());
          } else {
            turns
                .pools()
                .reason(want.pool(), job)
                .ifPresent(reason -> reasons.put(want.job(), WaitReason.of(reason)));
          }
        });
    return new Situation.Slots(needed, granted, reasons);
  }

  /**
   * Of these claims, those that lack nothing but slots wait for them.
   *
   * @return whether one did not wait before: what the pool says of it may be news
   */
  boolean await(ScheduleSpec spec, String uid, Collection<Claim> claims) {
    return await(wanted(spec, uid, claims));
  }

  private boolean await(Map<JobKey, Wanted> jobs) {
    Map<JobKey, Wanted> all = new HashMap<>(wanted);
    boolean news = false;
    for (var job : jobs.entrySet()) {
      Wanted want = job.getValue();
      Wanted before = all.put(job.getKey(), want);
      if (want.equals(before)) {
        continue;
      }
      if (before == null) {
        news = true;
      } else if (!before.pool().equals(want.pool())) {
        turns.pools().release(before.pool(), job.getKey()); // it waits in another now
      }
      turns.waits(job.getKey(), schedule);
      turns.pools().offer(want.pool(), want.claim());
    }
    wanted = Map.copyOf(all);
    return news;
  }

  private Map<JobKey, Wanted> wanted(ScheduleSpec spec, String uid, Collection<Claim> claims) {
    Map<JobKey, Wanted> jobs = new HashMap<>();
    if (claims.isEmpty()) {
      return jobs;
    }
    Optional<PoolKey> place = place(spec);
    for (Claim claim : claims) {
      if (claim.reason().isPool() && place.isPresent()) {
        AttemptKey next = claim.next();
        JobKey job = job(RunName.of(schedule.name(), uid, next));
        PoolClaim offer =
            new PoolClaim(job, spec.priority(), claim.key().time(), claim.startAt(), spec.slots());
        jobs.put(job, new Wanted(next, place.get(), offer));
      }
    }
    return jobs;
  }

  private JobKey job(String name) {
    return new JobKey(schedule.namespace(), name);
  }

  /** The Job is being created under that name. */
  void begin(ScheduleSpec spec, AttemptKey job, String name) {
    started = new HashMap<>(started);
    started.put(job, new Started(job(name), spec.pool(), spec.slots()));
  }

  /** The Job was created: the next start keeps its distance from this one, not from the grant. */
  void created(Run run) {
    run.pool().ifPresent(of -> turns.pools().created(of, run.admitted()));
  }

  /**
   * How things stand: what neither waits nor has slots any more is given back.
   *
   * @param spec of the schedule; empty if there is none, or none that can be understood
   * @param claims those that could start
   * @param unanswered whether a Job that was begun may exist, though nobody knows of it yet
   * @param withSlots the Jobs that are known to have slots, whatever is left of them
   */
  void follow(
      Optional<ScheduleSpec> spec,
      String uid,
      Collection<Claim> claims,
      Predicate<AttemptKey> unanswered,
      List<Run> withSlots) {
    use(spec.flatMap(ScheduleSpec::pool));
    Map<JobKey, Held> nowHeld = new HashMap<>();
    if (!started.isEmpty()) {
      started.keySet().removeIf(job -> !unanswered.test(job));
      started = started.isEmpty() ? Map.of() : started;
      for (Started start : started.values()) {
        place(start.pool())
            .ifPresent(pool -> nowHeld.put(start.job(), new Held(pool, start.slots())));
      }
    }
    for (Run run : withSlots) {
      place(run.pool())
          .ifPresent(
              pool -> nowHeld.put(job(run.name()), new Held(pool, Math.max(1, run.slots()))));
    }
    Map<JobKey, Wanted> nowWanted = spec.map(s -> wanted(s, uid, claims)).orElseGet(Map::of);
    if (wanted.isEmpty() && held.isEmpty() && nowWanted.isEmpty() && nowHeld.isEmpty()) {
      return;
    }
    await(nowWanted);
    nowHeld.forEach(
        (job, hold) -> {
          if (!hold.equals(held.get(job))) {
            turns.pools().hold(hold.pool(), job, hold.slots());
          }
        });
    wanted.forEach((job, want) -> giveBack(job, want.pool(), nowWanted, nowHeld));
    held.forEach((job, hold) -> giveBack(job, hold.pool(), nowWanted, nowHeld));
    wanted.keySet().stream().filter(job -> !nowWanted.containsKey(job)).forEach(turns::waitsNoMore);
    wanted = Map.copyOf(nowWanted);
    held = Map.copyOf(nowHeld);
  }

  private void use(Optional<PoolKey> now) {
    if (!now.equals(pool)) {
      pool.ifPresent(p -> turns.usesNoMore(p, schedule));
      now.ifPresent(p -> turns.uses(p, schedule));
      pool = now;
    }
  }

  private void giveBack(
      JobKey job, PoolKey from, Map<JobKey, Wanted> nowWanted, Map<JobKey, Held> nowHeld) {
    Wanted want = nowWanted.get(job);
    Held hold = nowHeld.get(job);
    boolean kept =
        (want != null && want.pool().equals(from)) || (hold != null && hold.pool().equals(from));
    if (!kept) {
      turns.pools().release(from, job);
    }
  }
}
