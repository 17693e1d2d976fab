package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.SlotTenant;
import io.scanwarden.operator.time.WorkClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pools as those see them who start Jobs: with the clock, and with somebody who is told whose
 * turn has come. Nothing is granted before {@link #poolsKnown} and {@link #jobsKnown} were called.
 * Thread-safe.
 */
public final class PoolAdmission implements PoolListener, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PoolAdmission.class);

  /** Reasons are looked at so often: what changes in between is told once. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  private final WorkClock clock;
  private final Pools pools;
  private final PoolMetrics metrics;
  private final Thread timer;
  private final WorkClock.Registration jumps;
  private final ConcurrentHashMap<PoolKey, AtomicLong> started = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<PoolKey, StartRate> rates = new ConcurrentHashMap<>();
  private final List<Consumer<JobKey>> turns = new CopyOnWriteArrayList<>();
  private final ConcurrentHashMap<PoolKey, PoolSpec> defined = new ConcurrentHashMap<>();
  private volatile Consumer<PoolKey> redefined = pool -> {};
  private volatile Consumer<PoolKey> changed = pool -> {};

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition earlier = lock.newCondition();
  private final Map<PoolKey, Instant> wakes = new HashMap<>();
  private final Set<PoolKey> reasons = new HashSet<>();
  private boolean poolsKnown;
  private boolean jobsKnown;
  private boolean closed;

  /**
   * Knows of no pools yet.
   *
   * @param labels those of a namespace, if it is known
   * @param tenants whose slots the Jobs of a namespace take
   */
  public PoolAdmission(
      WorkClock clock,
      Function<String, Optional<Map<String, String>>> labels,
      Function<String, SlotTenant> tenants,
      Metrics registry) {
    this.clock = clock;
    this.metrics = new PoolMetrics(registry);
    this.pools = new Pools(labels, tenants, this);
    this.timer = Thread.ofPlatform().daemon().name("pools").unstarted(this::run);
    this.jumps = clock.onJump(this::lookAgain);
  }

  /**
   * Who starts Jobs.
   *
   * @param turn told of a Job, whoever's it is, whose turn has come, or that waits for another
   *     reason
   */
  public void onTurn(Consumer<JobKey> turn) {
    turns.add(turn);
  }

  private void turn(JobKey job) {
    turns.forEach(turn -> turn.accept(job));
  }

  /**
   * Who depends on pools.
   *
   * @param newRedefined told of a pool that exists, or allows others, since now
   */
  public void onRedefined(Consumer<PoolKey> newRedefined) {
    redefined = newRedefined;
  }

  /** Who reports: told of a pool of which something may have changed, about once a second. */
  void onChange(Consumer<PoolKey> newChanged) {
    changed = newChanged;
  }

  /**
   * All pools have been told that there are, and all Jobs that are no runs of schedules; from now
   * on this process leads.
   */
  void poolsKnown() {
    startIf(() -> poolsKnown = true);
  }

  /** All runs of schedules have been told that have slots; from now on this process leads. */
  public void jobsKnown() {
    startIf(() -> jobsKnown = true);
  }

  private void startIf(Runnable known) {
    boolean all;
    lock.lock();
    try {
      known.run();
      all = poolsKnown && jobsKnown && !closed;
    } finally {
      lock.unlock();
    }
    if (all) {
      timer.start();
      pools.start(clock.instant());
    }
  }

  /** The pool exists, and is like this. */
  void put(PoolKey pool, PoolSpec spec) {
    pools.put(pool, spec, clock.instant());
    PoolSpec before = defined.put(pool, spec);
    if (before == null || !spec.allowedNamespaces().equals(before.allowedNamespaces())) {
      redefined.accept(pool);
    }
  }

  /** The pool does not exist any more. */
  void remove(PoolKey pool) {
    pools.remove(pool, clock.instant());
    if (defined.remove(pool) != null) {
      redefined.accept(pool);
    }
  }

  /** The labels of the namespace are others now; looked up at once. */
  void namespaceChanged(String namespace) {
    pools.namespaceChanged(namespace, clock.instant());
    defined.forEach(
        (pool, spec) -> {
          if (spec.allowedNamespaces().from() == FromNamespaces.SELECTOR) {
            redefined.accept(pool);
          }
        });
  }

  /** The namespace may belong to another tenant now; looked up at once. */
  public void tenantChanged(String namespace) {
    pools.tenantChanged(namespace, clock.instant());
  }

  /** The tenant of that name may take more or fewer slots now. */
  void limitChanged(String tenant) {
    pools.limitChanged(tenant, clock.instant());
  }

  /** Whose slots the Jobs of a namespace take, as of now. */
  public SlotTenant tenant(String namespace) {
    return pools.tenant(namespace);
  }

  /** These pools there are, and this process leads. */
  void measure(Collection<PoolKey> existing, ToDoubleFunction<PoolKey> slots) {
    metrics.pools(existing, this::numbers, slots);
  }

  /** How full the pool is. */
  PoolNumbers numbers(PoolKey pool) {
    return pools.numbers(pool);
  }

  /** See {@link Pools#queue}. */
  List<QueuedClaim> queue(PoolKey pool) {
    return pools.queue(pool);
  }

  /** See {@link StartRate#expect}; as far as this process knows. */
  Optional<Instant> expect(PoolKey pool, int position, Instant now) {
    return Optional.ofNullable(rates.get(pool)).flatMap(rate -> rate.expect(position, now));
  }

  /** The spec of a pool, as far as Jobs of that namespace may use it; absent where they may not. */
  public Optional<PoolSpec> spec(PoolKey pool, String namespace) {
    return problem(pool, namespace).isPresent()
        ? Optional.empty()
        : Optional.ofNullable(defined.get(pool));
  }

  /** Why nothing of the namespace will start in the pool; absent where it may. */
  public Optional<PoolReason> problem(PoolKey pool, String namespace) {
    return pools.problem(pool, namespace);
  }

  /** A Job lacks nothing but slots of the pool, from now on as this claim says. */
  public void offer(PoolKey pool, PoolClaim claim) {
    pools.offer(pool, claim, clock.instant());
  }

  /** A Job neither waits for the pool nor has slots of it any more. */
  public void release(PoolKey pool, JobKey job) {
    Instant now = clock.instant();
    pools.withdraw(pool, job, now);
    pools.release(pool, job, now);
  }

  /** A Job has slots of the pool, whether they were granted or not. */
  public void hold(PoolKey pool, JobKey job, int slots) {
    pools.hold(pool, job, slots, clock.instant());
  }

  /** Whether a Job has slots of the pool. */
  public boolean holds(PoolKey pool, JobKey job) {
    return pools.holds(pool, job);
  }

  /** Why a Job waits for the pool; absent if it does not. */
  public Optional<PoolReason> reason(PoolKey pool, JobKey job) {
    return pools.reason(pool, job);
  }

  /** A Job of the pool was started at that moment. */
  public void startedAt(PoolKey pool, Instant moment) {
    pools.startedAt(pool, moment, clock.instant());
  }

  /** This process has started a Job of the pool, at that moment. */
  public void created(PoolKey pool, Instant admitted) {
    started.computeIfAbsent(pool, key -> new AtomicLong()).incrementAndGet();
    rates.computeIfAbsent(pool, key -> new StartRate()).started(admitted);
    metrics.started(pool);
    startedAt(pool, admitted);
  }

  /** How many Jobs of the pool this process has started. */
  long started(PoolKey pool) {
    AtomicLong count = started.get(pool);
    return count == null ? 0 : count.get();
  }

  // ---- what the pools tell

  @Override
  public void granted(PoolKey pool, PoolClaim claim) {
    if (!pool.isNone()) {
      metrics.waited(pool, Duration.between(claim.created(), clock.instant()));
    }
    turn(claim.job());
  }

  @Override
  public void reasonsChanged(PoolKey pool) {
    lock.lock();
    try {
      reasons.add(pool);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void wakeAt(PoolKey pool, Instant moment) {
    lock.lock();
    try {
      if (moment.equals(Instant.MAX)) {
        wakes.remove(pool);
      } else {
        wakes.put(pool, moment);
        earlier.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  private void lookAgain() {
    lock.lock();
    try {
      earlier.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    long looked = System.nanoTime();
    try {
      while (true) {
        List<PoolKey> due;
        lock.lock();
        try {
          long wait = nanosToWait(LOOK.toNanos() - (System.nanoTime() - looked));
          if (wait > 0) {
            long left = earlier.awaitNanos(wait);
            log.trace("woken {} ns early", left);
          }
          due = takeDue();
        } finally {
          lock.unlock();
        }
        Instant now = clock.instant();
        each(due, pool -> pools.wake(pool, now));
        if (System.nanoTime() - looked >= LOOK.toNanos()) {
          looked = System.nanoTime();
          each(takeReasons(), this::tellReasons);
        }
      }
    } catch (InterruptedException e) {
      log.debug("closing", e);
    }
  }

  /** Until a pool is to be woken, but no longer than that; the lock is held. */
  private long nanosToWait(long longest) {
    long wait = longest;
    for (Instant moment : wakes.values()) {
      wait = Math.min(wait, clock.realTimeUntil(moment).toNanos());
    }
    return wait;
  }

  private List<PoolKey> takeDue() {
    Instant now = clock.instant();
    List<PoolKey> due =
        wakes.entrySet().stream()
            .filter(wake -> !wake.getValue().isAfter(now))
            .map(Map.Entry::getKey)
            .toList();
    due.forEach(wakes::remove);
    return due;
  }

  private Collection<PoolKey> takeReasons() {
    lock.lock();
    try {
      Set<PoolKey> taken = Set.copyOf(reasons);
      reasons.clear();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  void tellReasons(PoolKey pool) {
    pools.takeReasonChanges(pool).keySet().forEach(this::turn);
    if (!pool.isNone()) {
      changed.accept(pool);
    }
  }

  private static void each(Collection<PoolKey> pools, Consumer<PoolKey> action) {
    for (PoolKey pool : pools) {
      try {
        action.accept(pool);
      } catch (RuntimeException e) {
        log.error("pool {}", pool, e);
      }
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    jumps.close();
    timer.interrupt();
  }
}
