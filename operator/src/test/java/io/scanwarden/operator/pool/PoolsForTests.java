package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.run.PoolKey;
import java.time.Duration;
import java.util.OptionalInt;

/** Pools for tests of other rooms. */
public final class PoolsForTests {
  private PoolsForTests() {}

  /** A FIFO pool for its own namespace. */
  public static void put(PoolAdmission pools, PoolKey pool, int maxConcurrent) {
    put(pools, pool, maxConcurrent, Duration.ZERO);
  }

  static void put(PoolAdmission pools, PoolKey pool, int maxConcurrent, Duration startInterval) {
    pools.put(
        pool,
        new PoolSpec(
            OptionalInt.of(maxConcurrent),
            OptionalInt.empty(),
            QueueingStrategy.FIFO,
            startInterval,
            false,
            new AllowedNamespaces(FromNamespaces.SAME, null),
            OptionalInt.empty(),
            PodDefaults.NONE));
  }

  /** As on a leader that knows of all there is. */
  public static void start(PoolAdmission pools) {
    pools.poolsKnown();
    pools.jobsKnown();
  }

  /** As happens when the moment has come of which the pool told. */
  static void wake(PoolAdmission pools, PoolKey pool) {
    pools.namespaceChanged("another"); // any change makes it look at the clock
    pools.release(pool, new JobKey("none", "none"));
  }

  /** As happens about once a second. */
  static void tellReasons(PoolAdmission pools, PoolKey pool) {
    pools.tellReasons(pool);
  }

  public static boolean exists(PoolAdmission pools, PoolKey pool) {
    return pools.problem(pool, pool.namespace()).isEmpty();
  }
}
