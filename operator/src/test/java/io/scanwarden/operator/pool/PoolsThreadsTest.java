package io.scanwarden.operator.pool;

import static io.scanwarden.operator.pool.Claims.at;
import static io.scanwarden.operator.pool.Claims.claim;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.SlotTenant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Many threads offer, others end what runs: no pool and no tenant runs more than it may, and
 * nothing is lost.
 */
class PoolsThreadsTest {
  private static final int CAP = 5;
  private static final int POOLS = 3;
  private static final int TENANT = 4;
  private static final int CLIENTS = 6;
  private static final int EACH = 1_000;
  private static final Instant NOW = at(1_000);

  private final ExecutorService workers = Executors.newFixedThreadPool(4);
  private final Map<PoolKey, AtomicInteger> running = new ConcurrentHashMap<>();
  private final Map<JobKey, Boolean> started = new ConcurrentHashMap<>();
  private final CountDownLatch left = new CountDownLatch(CLIENTS * EACH);
  private final AtomicInteger most = new AtomicInteger();
  private final AtomicInteger twice = new AtomicInteger();
  private final AtomicInteger ofTenant = new AtomicInteger();
  private final AtomicInteger mostOfTenant = new AtomicInteger();
  private final Pools pools =
      new Pools(namespace -> Optional.empty(), PoolsThreadsTest::tenant, new Starter());

  /** Half of the clients are one tenant. */
  private static SlotTenant tenant(String namespace) {
    return isOfTenant(namespace)
        ? new SlotTenant("team", OptionalInt.of(TENANT), true)
        : SlotTenant.withoutQuota(namespace);
  }

  private static boolean isOfTenant(String namespace) {
    return namespace.compareTo("n" + CLIENTS / 2) < 0;
  }

  /** Runs each Job for a moment. */
  private final class Starter implements PoolListener {
    @Override
    public void granted(PoolKey pool, PoolClaim claim) {
      most.accumulateAndGet(running(pool).incrementAndGet(), Math::max);
      boolean counts = isOfTenant(claim.job().namespace());
      if (counts) {
        mostOfTenant.accumulateAndGet(ofTenant.incrementAndGet(), Math::max);
      }
      if (started.put(claim.job(), true) != null) {
        twice.incrementAndGet();
      }
      workers.execute(
          () -> {
            running(pool).decrementAndGet();
            if (counts) {
              ofTenant.decrementAndGet();
            }
            pools.release(pool, claim.job(), NOW);
            left.countDown();
          });
    }

    @Override
    public void reasonsChanged(PoolKey pool) {
      pools.takeReasonChanges(pool);
    }

    @Override
    public void wakeAt(PoolKey pool, Instant moment) {}
  }

  @Test
  void capsHoldAndAllStart() throws Exception {
    pools.start(NOW);
    for (int i = 0; i < POOLS; i++) {
      pools.put(pool(i), Claims.limits(QueueingStrategy.FAIR_SHARE, CAP, 3), NOW);
    }
    try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> offers = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        String namespace = "n" + client;
        offers.add(clients.submit(() -> offerAll(namespace)));
      }
      for (Future<?> offer : offers) {
        offer.get();
      }
      assertThat(left.await(60, SECONDS)).as("all have ended").isTrue();
    }
    workers.shutdown();

    assertThat(most.get()).isLessThanOrEqualTo(CAP).isGreaterThan(1);
    assertThat(mostOfTenant.get()).isLessThanOrEqualTo(TENANT).isGreaterThan(1);
    assertThat(twice).hasValue(0);
    for (int i = 0; i < POOLS; i++) {
      assertThat(pools.numbers(pool(i))).isEqualTo(new PoolNumbers(0, 0, Optional.empty()));
    }
  }

  private void offerAll(String namespace) {
    for (int i = 0; i < EACH; i++) {
      pools.offer(pool(i % POOLS), claim(namespace + "/" + i, i), NOW);
    }
  }

  private AtomicInteger running(PoolKey pool) {
    return running.computeIfAbsent(pool, p -> new AtomicInteger());
  }

  private static PoolKey pool(int number) {
    return new PoolKey("scans", "pool-" + number);
  }
}
