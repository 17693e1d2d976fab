package io.scanwarden.operator.schedule;

import io.scanwarden.operator.pool.JobKey;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.run.PoolKey;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** The pools as all schedules share them: which of them is to be told of what. Thread-safe. */
final class PoolTurns {
  private final PoolAdmission pools;
  private final ConcurrentHashMap<JobKey, ScheduleKey> waiting = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<PoolKey, Set<ScheduleKey>> users = new ConcurrentHashMap<>();

  /**
   * Nobody waits yet.
   *
   * @param turn told of a schedule one of whose Jobs has its turn or waits for another reason, or
   *     whose pool is another now
   */
  PoolTurns(PoolAdmission pools, Consumer<ScheduleKey> turn) {
    this.pools = pools;
    pools.onTurn(
        job -> {
          ScheduleKey schedule = waiting.get(job);
          if (schedule != null) {
            turn.accept(schedule);
          }
        });
    pools.onRedefined(pool -> users.getOrDefault(pool, Set.of()).forEach(turn));
  }

  PoolAdmission pools() {
    return pools;
  }

  void waits(JobKey job, ScheduleKey schedule) {
    waiting.put(job, schedule);
  }

  void waitsNoMore(JobKey job) {
    waiting.remove(job);
  }

  void uses(PoolKey pool, ScheduleKey schedule) {
    users.compute(
        pool,
        (key, all) -> {
          Set<ScheduleKey> known = all == null ? ConcurrentHashMap.newKeySet() : all;
          known.add(schedule);
          return known;
        });
  }

  void usesNoMore(PoolKey pool, ScheduleKey schedule) {
    users.computeIfPresent(
        pool,
        (key, all) -> {
          all.remove(schedule);
          return all.isEmpty() ? null : all;
        });
  }
}
