package io.scanwarden.operator.pool;

import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one tenant has in a pool: its claims in their order, and how many slots it has taken. A
 * claim never overtakes another of its tenant.
 */
final class Tenant implements Standing {
  private final String name;
  private final TreeSet<PoolClaim> waiting = new TreeSet<>(PoolClaim.BY_PRIORITY);
  private long running;
  private @Nullable PoolClaim lastToFit;
  private boolean measured;
  private long measuredFree;

  Tenant(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  @Override
  public long running() {
    return running;
  }

  @Override
  public PoolClaim head() {
    return waiting.first();
  }

  Iterable<PoolClaim> waiting() {
    return waiting;
  }

  boolean isWaiting() {
    return !waiting.isEmpty();
  }

  boolean isEmpty() {
    return running == 0 && waiting.isEmpty();
  }

  void add(PoolClaim claim) {
    waiting.add(claim);
    measured = false;
  }

  void remove(PoolClaim claim) {
    waiting.remove(claim);
    measured = false;
  }

  void removeAll() {
    waiting.clear();
    measured = false;
  }

  void take(long slots) {
    running += slots;
    measured = false;
  }

  /** Whether it is not for the tenant's limit in the pool that its first claim waits. */
  boolean mayStart(PoolSpec spec) {
    return isWaiting() && head().slots() <= spec.freeForTenant(running);
  }

  /**
   * Whether the claim would keep within the tenant's limits if those before it had started too.
   *
   * @param free how many slots the tenant may still take; the greatest number if any
   */
  boolean fits(PoolClaim claim, long free) {
    if (free == Long.MAX_VALUE) {
      return true;
    }
    if (!measured || free != measuredFree) {
      lastToFit = findLastToFit(free);
      measured = true;
      measuredFree = free;
    }
    return lastToFit != null && PoolClaim.BY_PRIORITY.compare(claim, lastToFit) <= 0;
  }

  private @Nullable PoolClaim findLastToFit(long free) {
    PoolClaim last = null;
    long left = free;
    for (PoolClaim claim : waiting) {
      left -= claim.slots();
      if (left < 0) {
        break;
      }
      last = claim;
    }
    return last;
  }
}
