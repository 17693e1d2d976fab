package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.operator.run.PoolKey;
import java.time.Duration;
import java.util.OptionalInt;

/** Pools for tests of other rooms. */
public final class PoolsForTests {
  private PoolsForTests() {}

  /** A FIFO pool for its own namespace. */
  public static void put(PoolAdmission pools, PoolKey pool, int maxConcurrent) {
    pools.put(
        pool,
        new PoolSpec(
            OptionalInt.of(maxConcurrent),
            OptionalInt.empty(),
            QueueingStrategy.FIFO,
            Duration.ZERO,
            false,
            new AllowedNamespaces(FromNamespaces.SAME, null)));
  }

  /** As on a leader that knows of all there is. */
  public static void start(PoolAdmission pools) {
    pools.poolsKnown();
    pools.jobsKnown();
  }

  /** As happens about once a second. */
  static void tellReasons(PoolAdmission pools, PoolKey pool) {
    pools.tellReasons(pool);
  }

  public static boolean exists(PoolAdmission pools, PoolKey pool) {
    return pools.problem(pool, pool.namespace()).isEmpty();
  }
}
