package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.api.v1alpha1.WorkerPoolSpec;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.time.Durations;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.time.Duration;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What decisions need of a WorkerPool's spec, with its defaults filled in.
 *
 * @param maxConcurrent how many slots there are; none if absent
 * @param maxConcurrentPerTenant how many of them a tenant may have; none if absent
 * @param startInterval the least time between two starts
 * @param maxQueued how many Jobs may wait that were created with the pool's label; none if absent
 * @param podDefaults of spec.jobDefaults
 */
public record PoolSpec(
    OptionalInt maxConcurrent,
    OptionalInt maxConcurrentPerTenant,
    QueueingStrategy strategy,
    Duration startInterval,
    boolean suspend,
    AllowedNamespaces allowedNamespaces,
    OptionalInt maxQueued,
    PodDefaults podDefaults) {

  /** What a pool has of which nothing is said. */
  static final PoolSpec UNLIMITED =
      new PoolSpec(
          OptionalInt.empty(),
          OptionalInt.empty(),
          QueueingStrategy.FIFO,
          Duration.ZERO,
          false,
          new AllowedNamespaces(FromNamespaces.SAME, null),
          OptionalInt.empty(),
          PodDefaults.NONE);

  /** What lets nothing start. */
  static final PoolSpec NOTHING =
      new PoolSpec(
          OptionalInt.empty(),
          OptionalInt.empty(),
          QueueingStrategy.FIFO,
          Duration.ZERO,
          true,
          UNLIMITED.allowedNamespaces,
          OptionalInt.empty(),
          PodDefaults.NONE);

  /**
   * Reads a spec.
   *
   * @throws InvalidScheduleException if startInterval is no duration, with reason InvalidSchedule
   */
  public static PoolSpec of(WorkerPoolSpec spec) throws InvalidScheduleException {
    String interval = spec.startInterval();
    AllowedNamespaces allowed = spec.allowedNamespaces();
    return new PoolSpec(
        limit(spec.maxConcurrent()),
        limit(spec.maxConcurrentPerTenant()),
        spec.queueingStrategy() == null ? UNLIMITED.strategy() : spec.queueingStrategy(),
        interval == null ? Duration.ZERO : Durations.parse("spec.startInterval", interval),
        Boolean.TRUE.equals(spec.suspend()),
        allowed == null ? UNLIMITED.allowedNamespaces() : allowed,
        limit(spec.maxQueued()),
        spec.jobDefaults() == null ? PodDefaults.NONE : PodDefaults.of(spec.jobDefaults()));
  }

  private static OptionalInt limit(@Nullable Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(Math.max(0, value));
  }

  /** Whether a Job needs more slots than can ever be free. A limit of 0 is a pause, not a size. */
  boolean isTooLarge(int slots) {
    return exceeds(slots, maxConcurrent) || exceeds(slots, maxConcurrentPerTenant);
  }

  /** Whether a Job needs more slots than a limit ever allows. */
  static boolean exceeds(int slots, OptionalInt limit) {
    return limit.isPresent() && limit.getAsInt() > 0 && slots > limit.getAsInt();
  }

  /** Whether a limit of 0 lets nothing start. */
  boolean hasNoSlots() {
    return maxConcurrent.equals(OptionalInt.of(0))
        || maxConcurrentPerTenant.equals(OptionalInt.of(0));
  }

  /** How many slots are free where so many are taken; fewer than none if the limit was lowered. */
  long free(long taken) {
    return left(maxConcurrent, taken);
  }

  /** How many more slots a tenant may take that has taken so many. */
  long freeForTenant(long taken) {
    return left(maxConcurrentPerTenant, taken);
  }

  /** How many slots a limit leaves where so many are taken. */
  static long left(OptionalInt limit, long taken) {
    return limit.isPresent() ? limit.getAsInt() - taken : Long.MAX_VALUE;
  }
}
