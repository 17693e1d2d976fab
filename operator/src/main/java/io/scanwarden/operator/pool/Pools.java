package io.scanwarden.operator.pool;

import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.SlotTenant;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * All pools: who has slots, who waits, who is next. Thread-safe; each pool has a lock of its own,
 * and never calls its listener while that is held.
 *
 * <p>What waits for something else, such as an earlier run of its schedule, is not to be offered:
 * it would stand in the way of others. Claims for a pool that does not exist, or that does not
 * allow their namespace, wait until it does, and are in nobody's way.
 *
 * <p>Every pool, and every Job that has slots, must be known here before {@link #start}. A moment
 * that is handed in is the present one.
 */
public final class Pools {
  private final ConcurrentHashMap<PoolKey, Pool> pools = new ConcurrentHashMap<>();
  private final Function<String, Optional<Map<String, String>>> labels;
  private final Function<String, SlotTenant> tenants;
  // As the pools know it: what waits is not started while it is out of date.
  private final ConcurrentHashMap<String, String> tenantOf = new ConcurrentHashMap<>();
  private final TenantSlots tenantSlots = new TenantSlots(this::limit);
  private final Object moving = new Object();
  private final PoolListener listener;
  private volatile boolean started;

  /**
   * Knows of no pools yet.
   *
   * @param labels those of a namespace, if it is known; a look-up that neither waits nor calls here
   * @param tenants whose slots the Jobs of a namespace take; such a look-up, too
   */
  public Pools(
      Function<String, Optional<Map<String, String>>> labels,
      Function<String, SlotTenant> tenants,
      PoolListener listener) {
    this.labels = labels;
    this.tenants = tenants;
    this.listener = listener;
  }

  /** From now on tells whose turn has come. */
  public void start(Instant now) {
    started = true;
    pools.values().forEach(pool -> change(pool, now, p -> {}));
    takeTurns(now);
  }

  /** The pool exists, and is like this. */
  public void put(PoolKey pool, PoolSpec spec, Instant now) {
    change(pool, now, p -> p.configure(spec));
  }

  /** The pool does not exist any more. What has slots there goes on. */
  public void remove(PoolKey pool, Instant now) {
    changeKnown(pool, now, Pool::remove);
  }

  /** The labels of the namespace are others now; looked up at once. */
  public void namespaceChanged(String namespace, Instant now) {
    pools.values().forEach(pool -> change(pool, now, p -> p.namespaceChanged(namespace)));
    takeTurns(now);
  }

  /**
   * The namespace may belong to another tenant now; looked up at once. What runs moves before
   * anything starts for the new one.
   */
  public void tenantChanged(String namespace, Instant now) {
    synchronized (moving) {
      String tenant = tenants.apply(namespace).name();
      pools.values().forEach(pool -> pool.change(p -> p.moveHeld(namespace, tenant), false, now));
      tenantOf.put(namespace, tenant);
      pools.values().forEach(pool -> change(pool, now, p -> p.tenantChanged(namespace)));
    }
    tenantSlots.limitsChanged();
    takeTurns(now);
  }

  /** The tenant of that name may take more or fewer slots now. */
  public void limitChanged(String tenant, Instant now) {
    pools.values().forEach(pool -> change(pool, now, p -> p.limitChanged(tenant)));
    tenantSlots.limitsChanged();
    takeTurns(now);
  }

  private String tenantOf(String namespace) {
    return tenantOf.computeIfAbsent(namespace, name -> tenants.apply(name).name());
  }

  private OptionalInt limit(PoolClaim claim) {
    SlotTenant tenant = tenants.apply(claim.job().namespace());
    return tenant.name().equals(claim.tenant()) ? tenant.runningJobs() : OptionalInt.of(0);
  }

  /** Whose slots the Jobs of a namespace take, as of now. */
  SlotTenant tenant(String namespace) {
    return tenants.apply(namespace);
  }

  /**
   * A Job of the pool has started at that moment, of which this process may know nothing: its
   * annotation admitted-at. The next one keeps its distance.
   */
  public void startedAt(PoolKey pool, Instant moment, Instant now) {
    change(pool, now, p -> p.startedAt(moment));
  }

  /**
   * A Job waits for the pool, from now on as this claim says. Without effect while it has its
   * slots: those of a start that was refused are to be released first.
   */
  public void offer(PoolKey pool, PoolClaim claim, Instant now) {
    change(pool, now, p -> p.offer(claim));
  }

  /** A Job waits for the pool no more; one that has slots keeps them. */
  public void withdraw(PoolKey pool, JobKey job, Instant now) {
    changeKnown(pool, now, p -> p.withdraw(job));
  }

  /**
   * A Job has slots, whether they were granted or not: it is started and not over.
   *
   * @param slots how many, at least 0
   */
  public void hold(PoolKey pool, JobKey job, int slots, Instant now) {
    change(pool, now, p -> p.hold(job, slots));
  }

  /** A Job needs its slots no more: it is over with its Pods, or was not started after all. */
  public void release(PoolKey pool, JobKey job, Instant now) {
    changeKnown(pool, now, p -> p.release(job));
  }

  /** The moment has come of which {@link PoolListener#wakeAt} told. */
  public void wake(PoolKey pool, Instant now) {
    changeKnown(pool, now, p -> {});
  }

  /** Why nothing of the namespace will start in the pool; absent where it may. */
  public Optional<PoolReason> problem(PoolKey pool, String namespace) {
    Pool known = pools.get(pool);
    return known == null ? Optional.of(PoolReason.POOL_NOT_FOUND) : known.problem(namespace);
  }

  /** Whether a Job has slots of the pool. */
  public boolean holds(PoolKey pool, JobKey job) {
    Pool known = pools.get(pool);
    return known != null && known.holds(job);
  }

  /** Why a Job waits for the pool; absent if it does not. */
  public Optional<PoolReason> reason(PoolKey pool, JobKey job) {
    return Optional.ofNullable(pools.get(pool)).flatMap(p -> p.reason(job));
  }

  /**
   * The Jobs that wait for another reason than when this was last asked, or did not wait then.
   * Takes a time that grows with what waits: to be asked once for many changes.
   */
  public Map<JobKey, PoolReason> takeReasonChanges(PoolKey pool) {
    Pool known = pools.get(pool);
    return known == null ? Map.of() : known.takeReasonChanges();
  }

  /**
   * What waits in the pool's queue, in the order in which it would start if no tenant had a limit;
   * last what is too large. Without claims that the pool does not allow. Takes a time that grows
   * with what waits.
   */
  public List<QueuedClaim> queue(PoolKey pool) {
    Pool known = pools.get(pool);
    return known == null ? List.of() : known.queue();
  }

  /** How full the pool is. */
  public PoolNumbers numbers(PoolKey pool) {
    Pool known = pools.get(pool);
    return known == null ? PoolNumbers.NONE : known.numbers();
  }

  private void change(PoolKey key, Instant now, Consumer<Pool> change) {
    while (!change(pools.computeIfAbsent(key, this::pool), now, change)) {
      Thread.onSpinWait(); // it has just been dropped: the next one will be another
    }
    takeTurns(now);
  }

  private Pool pool(PoolKey key) {
    return new Pool(key, labels, this::tenantOf, tenantSlots, listener);
  }

  private void changeKnown(PoolKey key, Instant now, Consumer<Pool> change) {
    Pool known = pools.get(key);
    if (known != null) {
      change(known, now, change);
      takeTurns(now);
    }
  }

  /**
   * Pools that wait for slots of a tenant look again when it has some free. One that was dropped
   * has left all lines before.
   */
  private void takeTurns(Instant now) {
    for (var turn = tenantSlots.nextTurn(); turn.isPresent(); turn = tenantSlots.nextTurn()) {
      PoolKey key = turn.get().pool();
      String tenant = turn.get().tenant();
      Pool pool = pools.get(key);
      while (pool != null && !change(pool, now, p -> p.retry(tenant))) {
        Thread.onSpinWait();
        pool = pools.get(key);
      }
    }
  }

  private boolean change(Pool pool, Instant now, Consumer<Pool> change) {
    if (!pool.change(change, started, now)) {
      return false;
    }
    if (pool.drop()) {
      pools.remove(pool.key(), pool);
    }
    return true;
  }
}
