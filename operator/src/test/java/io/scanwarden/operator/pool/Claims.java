package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.run.PoolKey;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;

/** Claims and pools for tests. The tenant is the namespace. */
final class Claims {
  private Claims() {}

  static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }

  /** A Job by its namespace and name, with a slash between. */
  static JobKey job(String key) {
    int slash = key.indexOf('/');
    return new JobKey(key.substring(0, slash), key.substring(slash + 1));
  }

  static PoolClaim claim(String key, long second) {
    return claim(key, second, 1);
  }

  static PoolClaim claim(String key, long second, int slots) {
    JobKey job = job(key);
    return new PoolClaim(job, job.namespace(), 0, at(second), at(second), slots);
  }

  /** A pool of its own, with no limit over several. */
  static PoolQueue queue() {
    return new PoolQueue(
        new PoolKey("scans", "pool"), new TenantSlots(claim -> OptionalInt.empty()));
  }

  /** Limits below zero are none. */
  static PoolSpec limits(QueueingStrategy strategy, int max, int perTenant) {
    return spec(strategy, max, perTenant, Duration.ZERO, false);
  }

  static PoolSpec spec(
      QueueingStrategy strategy, int max, int perTenant, Duration interval, boolean suspend) {
    return new PoolSpec(
        limit(max),
        limit(perTenant),
        strategy,
        interval,
        suspend,
        new AllowedNamespaces(FromNamespaces.ALL, null),
        OptionalInt.empty(),
        PodDefaults.NONE);
  }

  private static OptionalInt limit(int value) {
    return value < 0 ? OptionalInt.empty() : OptionalInt.of(value);
  }
}
