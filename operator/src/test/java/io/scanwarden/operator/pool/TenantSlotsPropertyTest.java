package io.scanwarden.operator.pool;

import static io.scanwarden.operator.pool.Claims.at;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.SlotTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random lives of several pools whose Jobs belong to tenants with limits over all of them. */
class TenantSlotsPropertyTest {
  private static final List<String> NAMESPACES = List.of("a", "b", "c", "d");
  private static final List<String> TENANTS = List.of("one", "two", "none");
  private static final List<PoolKey> POOLS =
      List.of(new PoolKey("a", "x"), new PoolKey("a", "y"), PoolKey.none("a"), PoolKey.none("b"));
  private static final Instant NOW = at(1_000);

  private record Held(PoolKey pool, int slots) {}

  /** What happens in one life, and what is known of it. */
  private static final class Life implements PoolListener {
    private final Random random;
    private final int mostSlots;
    private final Map<String, String> tenantOf = new HashMap<>();
    private final Map<String, Integer> limits = new HashMap<>(Map.of("one", 2, "two", 5));
    private final Map<PoolKey, PoolSpec> specs = new HashMap<>();
    private final Map<JobKey, Held> held = new HashMap<>();
    private final Map<JobKey, PoolKey> waiting = new HashMap<>();
    private final Pools pools = new Pools(namespace -> Optional.of(Map.of()), this::tenant, this);

    Life(Random random, int mostSlots) {
      this.random = random;
      this.mostSlots = mostSlots;
      POOLS.forEach(this::configure);
      pools.start(NOW);
    }

    private SlotTenant tenant(String namespace) {
      String name = tenantOf.getOrDefault(namespace, "none");
      Integer limit = limits.get(name);
      return limit == null
          ? SlotTenant.withoutQuota(namespace)
          : new SlotTenant(name, OptionalInt.of(limit), true);
    }

    private void configure(PoolKey pool) {
      if (!pool.isNone()) {
        specs.put(
            pool,
            Claims.spec(
                random.nextBoolean() ? QueueingStrategy.FIFO : QueueingStrategy.FAIR_SHARE,
                mostSlots + random.nextInt(4),
                random.nextInt(5) - 1,
                Duration.ZERO,
                random.nextInt(8) == 0));
        pools.put(pool, specs.get(pool), NOW);
      }
    }

    @Override
    public void granted(PoolKey pool, PoolClaim claim) {
      assertThat(waiting.remove(claim.job())).isEqualTo(pool);
      held.put(claim.job(), new Held(pool, claim.slots()));
      SlotTenant tenant = tenant(claim.job().namespace());
      tenant.runningJobs().ifPresent(most -> assertThat(taken(tenant)).isLessThanOrEqualTo(most));
    }

    @Override
    public void reasonsChanged(PoolKey pool) {}

    @Override
    public void wakeAt(PoolKey pool, Instant moment) {}

    private long taken(SlotTenant tenant) {
      return held.entrySet().stream()
          .filter(job -> tenant(job.getKey().namespace()).equals(tenant))
          .mapToLong(job -> job.getValue().slots())
          .sum();
    }

    void step() {
      PoolKey pool = any(POOLS);
      String namespace = pool.isNone() ? pool.namespace() : any(NAMESPACES);
      JobKey job = new JobKey(namespace, pool.name() + random.nextInt(12));
      switch (random.nextInt(14)) {
        case 0 -> configure(pool);
        case 1 -> {
          if (random.nextInt(4) == 0 && specs.remove(pool) != null) {
            pools.remove(pool, NOW);
          }
        }
        case 2 -> {
          tenantOf.put(namespace, any(TENANTS));
          pools.tenantChanged(namespace, NOW);
        }
        case 3 -> {
          String tenant = any(List.of("one", "two"));
          limits.put(tenant, random.nextInt(7));
          pools.limitChanged(tenant, NOW);
        }
        case 4 -> {
          waiting.remove(job);
          pools.withdraw(pool, job, NOW);
        }
        case 5 -> {
          int slots = 1 + random.nextInt(mostSlots);
          waiting.remove(job);
          held.put(job, new Held(pool, slots));
          pools.hold(pool, job, slots, NOW);
        }
        case 6, 7, 8, 9 -> release();
        default -> offer(pool, job);
      }
    }

    private void offer(PoolKey pool, JobKey job) {
      if (!held.containsKey(job)) {
        int slots = 1 + random.nextInt(mostSlots);
        waiting.put(job, pool);
        pools.offer(
            pool, new PoolClaim(job, random.nextInt(2), at(random.nextInt(9)), at(1), slots), NOW);
      }
    }

    private void release() {
      if (!held.isEmpty()) {
        JobKey job = any(held.keySet().stream().sorted().toList());
        Held over = held.remove(job);
        pools.release(over.pool(), job, NOW);
      }
    }

    /** Of one slot each: whatever waits has a reason in its pool or in its tenant. */
    void nobodyWaitsForNothing() {
      waiting.forEach(
          (job, pool) -> {
            SlotTenant tenant = tenant(job.namespace());
            boolean room =
                tenant.runningJobs().isEmpty() || taken(tenant) < tenant.runningJobs().getAsInt();
            if (room && couldStart(pool, tenant)) {
              throw new AssertionError(job + " waits in " + pool + " for nothing");
            }
          });
    }

    private boolean couldStart(PoolKey pool, SlotTenant tenant) {
      if (pool.isNone()) {
        return true;
      }
      PoolSpec spec = specs.get(pool);
      long here =
          held.entrySet().stream()
              .filter(job -> job.getValue().pool().equals(pool))
              .filter(job -> tenant(job.getKey().namespace()).equals(tenant))
              .mapToLong(job -> job.getValue().slots())
              .sum();
      return spec != null
          && !spec.suspend()
          && spec.free(pools.numbers(pool).running()) > 0
          && spec.freeForTenant(here) > 0;
    }

    /** Enough for everybody: all that waits starts while others end, and nothing is left over. */
    void letAllEnd() {
      for (PoolKey pool : POOLS) {
        if (!pool.isNone()) {
          pools.put(pool, Claims.limits(QueueingStrategy.FAIR_SHARE, mostSlots, mostSlots), NOW);
        }
      }
      for (String tenant : List.copyOf(limits.keySet())) {
        limits.put(tenant, mostSlots);
        pools.limitChanged(tenant, NOW);
      }
      while (!held.isEmpty()) {
        release();
      }
      assertThat(waiting).isEmpty();
      for (PoolKey pool : POOLS) {
        assertThat(pools.numbers(pool)).isEqualTo(new PoolNumbers(0, 0, Optional.empty()));
      }
    }

    private <T> T any(List<T> all) {
      return all.get(random.nextInt(all.size()));
    }
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void noTenantIsAboveItsLimitAndNobodyWaitsForNothing(@ForAll Random random) {
    Life life = new Life(random, 1);
    for (int i = 0; i < 150; i++) {
      life.step();
      life.nobodyWaitsForNothing();
    }
    life.letAllEnd();
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void whatNeedsSeveralSlotsStartsToo(@ForAll Random random) {
    Life life = new Life(random, 4);
    for (int i = 0; i < 150; i++) {
      life.step();
    }
    life.letAllEnd();
  }

  /** One that needs several slots is not overtaken for ever by those of another pool. */
  @Property(tries = 50, edgeCases = EdgeCasesMode.NONE)
  void noPoolKeepsAnotherFromItsTurn(@ForAll Random random) {
    List<PoolKey> started = new ArrayList<>();
    Set<JobKey> running = new HashSet<>();
    PoolListener listener =
        new PoolListener() {
          @Override
          public void granted(PoolKey pool, PoolClaim claim) {
            started.add(pool);
            running.add(claim.job());
          }

          @Override
          public void reasonsChanged(PoolKey pool) {}

          @Override
          public void wakeAt(PoolKey pool, Instant moment) {}
        };
    Pools pools =
        new Pools(
            namespace -> Optional.empty(),
            namespace -> new SlotTenant("one", OptionalInt.of(3), true),
            listener);
    pools.start(NOW);
    for (int i = 0; i < 50; i++) {
      pools.offer(PoolKey.none("a"), Claims.claim("a/%02d".formatted(i), i), NOW);
    }
    pools.offer(PoolKey.none("b"), Claims.claim("b/large", 100, 3), NOW);

    // The first goes to whoever has waited for longer, the next three to the large one.
    for (int i = 0; i < 4; i++) {
      List<JobKey> any = running.stream().sorted().toList();
      JobKey over = any.get(random.nextInt(any.size()));
      running.remove(over);
      pools.release(PoolKey.none("a"), over, NOW);
    }

    assertThat(started).endsWith(PoolKey.none("a"), PoolKey.none("b")).hasSize(5);
  }
}
