package io.scanwarden.operator.pool;

import static io.scanwarden.api.v1alpha1.QueueingStrategy.FIFO;
import static io.scanwarden.operator.pool.Claims.at;
import static io.scanwarden.operator.pool.Claims.claim;
import static io.scanwarden.operator.pool.Claims.job;
import static io.scanwarden.operator.pool.Claims.limits;
import static io.scanwarden.operator.pool.Claims.spec;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.SlotTenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PoolsTest {
  private static final PoolKey POOL = new PoolKey("a", "nightly");
  private static final PoolKey OTHER = new PoolKey("a", "other");
  private static final Instant NOW = at(1_000);

  /** Keeps what it is told. */
  private static class Told implements PoolListener {
    final List<String> grants = new ArrayList<>();
    final List<PoolKey> reasons = new ArrayList<>();
    final List<Instant> wakes = new ArrayList<>();

    @Override
    public void granted(PoolKey pool, PoolClaim claim) {
      grants.add(claim.job().toString());
    }

    @Override
    public void reasonsChanged(PoolKey pool) {
      reasons.add(pool);
    }

    @Override
    public void wakeAt(PoolKey pool, Instant moment) {
      wakes.add(moment);
    }
  }

  private final Map<String, Map<String, String>> labels = new HashMap<>();
  private final Told told = new Told();
  private final Pools pools =
      new Pools(
          namespace -> Optional.ofNullable(labels.get(namespace)), SlotTenant::withoutQuota, told);

  @Test
  void startsNothingBeforeAllIsKnown() {
    pools.put(POOL, limits(FIFO, 1, -1), NOW);
    pools.offer(POOL, claim("a/1", 1), NOW);
    pools.offer(POOL, claim("a/2", 2), NOW);
    pools.hold(POOL, job("a/running"), 1, NOW);
    assertThat(told.grants).isEmpty();

    pools.start(NOW);
    assertThat(told.grants).isEmpty();
    pools.release(POOL, job("a/running"), NOW);
    assertThat(told.grants).containsExactly("a/1");
    assertThat(pools.numbers(POOL)).isEqualTo(new PoolNumbers(1, 1, Optional.of(at(2))));
    assertThat(pools.numbers(OTHER)).isEqualTo(new PoolNumbers(0, 0, Optional.empty()));
  }

  @Test
  void poolsDoNotShareTheirSlots() {
    pools.start(NOW);
    pools.put(POOL, limits(FIFO, 1, -1), NOW);
    pools.put(OTHER, limits(FIFO, 1, -1), NOW);

    pools.offer(POOL, claim("a/1", 1), NOW);
    pools.offer(POOL, claim("a/2", 2), NOW);
    pools.offer(OTHER, claim("a/3", 3), NOW);

    assertThat(told.grants).containsExactly("a/1", "a/3");
    assertThat(pools.queue(POOL)).extracting(q -> q.claim().job()).containsExactly(job("a/2"));
    assertThat(pools.queue(OTHER)).isEmpty();
    pools.withdraw(POOL, job("a/2"), NOW);
    assertThat(pools.reason(POOL, job("a/2"))).isEmpty();
  }

  @Test
  void claimsWaitForThePoolToExist() {
    pools.start(NOW);
    pools.offer(POOL, claim("a/1", 1), NOW);
    pools.hold(POOL, job("a/running"), 1, NOW);
    assertThat(told.grants).isEmpty();
    assertThat(pools.reason(POOL, job("a/1"))).hasValue(PoolReason.POOL_NOT_FOUND);
    assertThat(pools.queue(POOL)).isEmpty();

    pools.put(POOL, limits(FIFO, 2, -1), NOW);
    assertThat(told.grants).containsExactly("a/1");
    assertThat(pools.numbers(POOL).running()).isEqualTo(2);

    pools.remove(POOL, NOW);
    pools.offer(POOL, claim("a/2", 2), NOW);
    pools.offer(POOL, claim("a/1", 1), NOW);
    pools.release(POOL, job("a/1"), NOW);
    assertThat(pools.reason(POOL, job("a/2"))).hasValue(PoolReason.POOL_NOT_FOUND);
    assertThat(pools.reason(POOL, job("a/1"))).as("it had its slot").isEmpty();
    pools.put(POOL, limits(FIFO, 1, -1), NOW);
    assertThat(told.grants).as("what ran goes on").containsExactly("a/1");
    pools.release(POOL, job("a/running"), NOW);
    assertThat(told.grants).containsExactly("a/1", "a/2");
  }

  @Test
  void whatIsNotAllowedIsInNobodysWay() {
    pools.start(NOW);
    pools.put(POOL, selecting("scans", "yes"), NOW);
    labels.put("c", Map.of("scans", "yes"));
    pools.offer(POOL, claim("b/1", 1), NOW);
    pools.offer(POOL, claim("c/2", 2), NOW);

    assertThat(told.grants).containsExactly("c/2");
    assertThat(pools.reason(POOL, job("b/1"))).hasValue(PoolReason.POOL_NOT_ALLOWED);
    assertThat(pools.numbers(POOL).queued()).isZero();
  }

  @Test
  void labelsAreFollowed() {
    pools.start(NOW);
    pools.put(POOL, selecting("scans", "yes"), NOW);
    pools.offer(POOL, claim("b/1", 1), NOW);
    assertThat(told.grants).isEmpty();

    labels.put("b", Map.of("scans", "yes", "team", "b"));
    pools.namespaceChanged("b", NOW);
    assertThat(told.grants).containsExactly("b/1");

    pools.offer(POOL, claim("b/2", 2), NOW);
    assertThat(pools.reason(POOL, job("b/2"))).hasValue(PoolReason.POOL_AT_CAPACITY);
    labels.put("b", Map.of("scans", "no"));
    pools.namespaceChanged("b", NOW);
    assertThat(pools.reason(POOL, job("b/2"))).hasValue(PoolReason.POOL_NOT_ALLOWED);
    pools.release(POOL, job("b/1"), NOW);
    assertThat(told.grants).containsExactly("b/1");

    pools.put(POOL, limits(FIFO, 1, -1), NOW);
    assertThat(told.grants).as("all are allowed now").containsExactly("b/1", "b/2");
  }

  @Test
  void tellsWhenToBeWoken() {
    pools.start(NOW);
    pools.put(POOL, spec(FIFO, -1, -1, Duration.ofMillis(500), false), NOW);
    pools.startedAt(POOL, NOW.minusMillis(100), NOW);
    pools.offer(POOL, claim("a/1", 1), NOW);
    pools.offer(POOL, claim("a/2", 2), NOW);
    assertThat(told.wakes).containsExactly(NOW.plusMillis(400));

    pools.wake(POOL, NOW.plusMillis(100));
    assertThat(told.wakes).containsExactly(NOW.plusMillis(400));
    assertThat(told.grants).isEmpty();

    pools.wake(POOL, NOW.plusMillis(400));
    assertThat(told.grants).containsExactly("a/1");
    pools.wake(POOL, NOW.plusMillis(900));
    assertThat(told.grants).containsExactly("a/1", "a/2");
    assertThat(told.wakes).containsExactly(NOW.plusMillis(400), NOW.plusMillis(900), Instant.MAX);
  }

  /** Also where the pool was not known when the start was. */
  @Test
  void aStartBeforeTheRestartKeepsItsDistance() {
    pools.startedAt(POOL, NOW.minusMillis(100), NOW);
    pools.put(POOL, spec(FIFO, -1, -1, Duration.ofMillis(500), false), NOW);
    pools.offer(POOL, claim("a/1", 1), NOW);

    pools.start(NOW);

    assertThat(told.grants).isEmpty();
    assertThat(told.wakes).containsExactly(NOW.plusMillis(400));
    assertThat(pools.reason(POOL, job("a/1"))).hasValue(PoolReason.START_INTERVAL);
  }

  @Test
  void reasonChangesAreToldOnceForMany() {
    pools.start(NOW);
    pools.put(POOL, limits(FIFO, 1, -1), NOW);
    assertThat(pools.takeReasonChanges(POOL)).isEmpty();
    told.reasons.clear();
    for (int i = 0; i < 4; i++) {
      pools.offer(POOL, claim("a/" + i, i), NOW);
    }
    pools.offer(POOL, claim("b/4", 4, 2), NOW);
    assertThat(told.reasons).containsExactly(POOL);

    assertThat(pools.takeReasonChanges(POOL))
        .containsOnlyKeys(job("a/1"), job("a/2"), job("a/3"), job("b/4"))
        .containsEntry(job("a/1"), PoolReason.POOL_AT_CAPACITY)
        .containsEntry(job("b/4"), PoolReason.JOB_TOO_LARGE);
    assertThat(told.reasons).as("nothing since").hasSize(1);

    pools.release(POOL, job("a/0"), NOW);
    assertThat(told.reasons).hasSize(2);
    assertThat(pools.takeReasonChanges(POOL)).as("one started, the others wait on").isEmpty();
    pools.remove(POOL, NOW);
    assertThat(pools.takeReasonChanges(POOL))
        .containsOnlyKeys(job("a/2"), job("a/3"), job("b/4"))
        .containsValue(PoolReason.POOL_NOT_FOUND);
    assertThat(pools.takeReasonChanges(OTHER)).isEmpty();
  }

  /** As when a start is refused; what it throws keeps nothing from being told. */
  @Test
  void theListenerMayCallBack() {
    List<String> order = new ArrayList<>();
    Pools[] calling = new Pools[1];
    calling[0] =
        new Pools(
            namespace -> Optional.empty(),
            SlotTenant::withoutQuota,
            new Told() {
              @Override
              public void granted(PoolKey pool, PoolClaim claim) {
                order.add("begin " + claim.job());
                calling[0].release(pool, claim.job(), NOW);
                order.add("end " + claim.job());
                if (claim.job().name().equals("2")) {
                  throw new IllegalStateException("on purpose");
                }
              }
            });
    calling[0].put(POOL, limits(FIFO, 1, -1), NOW);
    for (int i = 1; i <= 3; i++) {
      calling[0].offer(POOL, claim("a/" + i, i), NOW);
    }

    calling[0].start(NOW);

    assertThat(order)
        .containsExactly("begin a/1", "end a/1", "begin a/2", "end a/2", "begin a/3", "end a/3");
  }

  private static PoolSpec selecting(String label, String value) {
    PoolSpec any = limits(FIFO, 1, -1);
    return new PoolSpec(
        any.maxConcurrent(),
        any.maxConcurrentPerTenant(),
        any.strategy(),
        any.startInterval(),
        any.suspend(),
        new AllowedNamespaces(
            FromNamespaces.SELECTOR,
            new LabelSelectorBuilder().addToMatchLabels(label, value).build()),
        any.maxQueued(),
        any.podDefaults());
  }
}
