package io.scanwarden.operator.pool;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.PoolKey;
import java.time.Duration;
import java.util.Collection;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** What is measured of each pool. Numbers are there of the process that leads. */
final class PoolMetrics {
  private static final Duration[] WAITS =
      Metrics.seconds(.1, .5, 1, 5, 10, 30, 60, 300, 900, 1800, 3600, 7200, 21600, 86400);

  private final Metrics metrics;
  private final MeterRegistry registry;
  private final MultiGauge running;
  private final MultiGauge queued;
  private final MultiGauge capacity;

  PoolMetrics(Metrics metrics) {
    this.metrics = metrics;
    registry = metrics.registry();
    running =
        MultiGauge.builder("scanwarden.pool.running")
            .description("Slots of the pool that are taken")
            .register(registry);
    queued =
        MultiGauge.builder("scanwarden.pool.queued")
            .description("Runs and Jobs that wait for the pool")
            .register(registry);
    capacity =
        MultiGauge.builder("scanwarden.pool.capacity")
            .description("Slots that the pool has: spec.maxConcurrent, infinite without")
            .register(registry);
  }

  /**
   * These pools there are from now on.
   *
   * @param numbers asked whenever metrics are read
   * @param slots likewise
   */
  void pools(
      Collection<PoolKey> pools,
      Function<PoolKey, PoolNumbers> numbers,
      ToDoubleFunction<PoolKey> slots) {
    show(running, pools, pool -> numbers.apply(pool).running());
    show(queued, pools, pool -> numbers.apply(pool).queued());
    show(capacity, pools, slots);
  }

  private void show(MultiGauge gauge, Collection<PoolKey> pools, ToDoubleFunction<PoolKey> number) {
    gauge.register(
        pools.stream().map(pool -> MultiGauge.Row.of(tags(pool), pool, number)).toList(), true);
  }

  /** The turn of something has come that was waiting for so long. */
  void waited(PoolKey pool, Duration wait) {
    Timer.builder("scanwarden.pool.wait")
        .description("Time from when a run or Job came to wait for the pool until its turn came")
        .tags(bounded(pool))
        .serviceLevelObjectives(WAITS)
        .register(registry)
        .record(wait.isNegative() ? Duration.ZERO : wait);
  }

  /** Something was started in the pool. */
  void started(PoolKey pool) {
    Counter.builder("scanwarden.pool.starts")
        .description("Jobs that were started in the pool")
        .tags(bounded(pool))
        .register(registry)
        .increment();
  }

  private static Tags tags(PoolKey pool) {
    return Tags.of("namespace", pool.namespace(), "pool", pool.name());
  }

  /** These outlive their pools: pools that come and go must not fill the memory. */
  private Tags bounded(PoolKey pool) {
    return metrics.bounded("pool", pool.toString()).equals(pool.toString())
        ? tags(pool)
        : Tags.of("namespace", Metrics.OTHER, "pool", Metrics.OTHER);
  }
}
