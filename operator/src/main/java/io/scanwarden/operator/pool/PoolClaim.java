package io.scanwarden.operator.pool;

import java.time.Instant;
import java.util.Comparator;

/**
 * A Job that wants to start in a pool: one that does not exist yet, or one that is suspended.
 *
 * @param tenant whose slots it takes; none until it is offered to a pool, which finds out
 * @param priority higher first
 * @param scheduled when it was due
 * @param created since when it waits; a Job's creationTimestamp
 * @param slots how many it takes, at least 1
 */
public record PoolClaim(
    JobKey job, String tenant, int priority, Instant scheduled, Instant created, int slots) {

  static final Comparator<PoolClaim> BY_TIME =
      Comparator.comparing(PoolClaim::scheduled)
          .thenComparing(PoolClaim::created)
          .thenComparing(PoolClaim::job);

  static final Comparator<PoolClaim> BY_PRIORITY =
      Comparator.comparingInt(PoolClaim::priority).reversed().thenComparing(BY_TIME);

  static final Comparator<PoolClaim> BY_AGE =
      Comparator.comparing(PoolClaim::created).thenComparing(PoolClaim::job);

  /** A claim of a Job whose tenant its pool will find out. */
  public PoolClaim(JobKey job, int priority, Instant scheduled, Instant created, int slots) {
    this(job, "", priority, scheduled, created, slots);
  }

  /**
   * Checks the number of slots.
   *
   * @throws IllegalArgumentException if it takes no slot
   */
  public PoolClaim {
    if (slots < 1) {
      throw new IllegalArgumentException(job + " takes " + slots + " slots");
    }
  }

  /** The same Job's claim to slots of that tenant. */
  PoolClaim of(String newTenant) {
    return new PoolClaim(job, newTenant, priority, scheduled, created, slots);
  }
}
