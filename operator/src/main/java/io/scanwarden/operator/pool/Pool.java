package io.scanwarden.operator.pool;

import io.scanwarden.operator.run.PoolKey;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All that is known of one pool, whether it exists or not: its queue, and the claims that it does
 * not allow. Its lock is its own, and it tells its listener without.
 */
final class Pool {
  private static final Logger log = LoggerFactory.getLogger(Pool.class);

  private final PoolKey key;
  private final Function<String, Optional<Map<String, String>>> labels;
  private final Function<String, String> tenants;
  private final PoolListener listener;
  private final PoolQueue queue;
  private @Nullable NamespaceRule rule;
  private final Map<JobKey, PoolClaim> barred = new HashMap<>();
  private Map<JobKey, PoolReason> toldReasons = Map.of();
  private boolean reasonsTold;
  private Instant toldWake = Instant.MAX;
  private final Queue<Consumer<PoolListener>> untold = new ArrayDeque<>();
  private boolean telling;
  private boolean dropped;

  /**
   * One that does not exist as far as is known, unless it is where Jobs without a pool wait.
   *
   * @param labels those of a namespace, if it is known
   * @param tenants whose slots Jobs of a namespace take
   */
  Pool(
      PoolKey key,
      Function<String, Optional<Map<String, String>>> labels,
      Function<String, String> tenants,
      TenantSlots tenantSlots,
      PoolListener listener) {
    this.key = key;
    this.labels = labels;
    this.tenants = tenants;
    this.listener = listener;
    queue = new PoolQueue(key, tenantSlots);
    if (key.isNone()) {
      configure(PoolSpec.UNLIMITED);
    }
  }

  PoolKey key() {
    return key;
  }

  /**
   * Changes it, and grants what can be granted then.
   *
   * @param grants whether anything may be granted yet
   * @return false if it was dropped before, and nothing was changed
   */
  boolean change(Consumer<Pool> change, boolean grants, Instant now) {
    synchronized (this) {
      if (dropped) {
        return false;
      }
      change.accept(this);
      if (grants) {
        settle(now);
      }
    }
    tell();
    return true;
  }

  /**
   * Ends it if nothing is known of it.
   *
   * @return whether it is of no use any more
   */
  synchronized boolean drop() {
    boolean remembered = !key.isNone() && (rule != null || queue.hasStarted());
    dropped = !remembered && barred.isEmpty() && queue.isIdle();
    return dropped;
  }

  // ---- changes

  void configure(PoolSpec spec) {
    queue.configure(spec);
    rule = new NamespaceRule(spec.allowedNamespaces(), key.namespace());
    judge(claim -> true);
  }

  void remove() {
    rule = null;
    judge(claim -> true);
  }

  void namespaceChanged(String namespace) {
    if (rule != null && rule.goesByLabels()) {
      judge(claim -> claim.job().namespace().equals(namespace));
    }
  }

  /** What runs of the namespace takes slots of that tenant. */
  void moveHeld(String namespace, String tenant) {
    queue.moveHeld(namespace, tenant);
  }

  /** All of the namespace is its tenant's, which is looked up. */
  void tenantChanged(String namespace) {
    queue.moveHeld(namespace, tenants.apply(namespace));
    for (PoolClaim claim : claims()) {
      if (claim.job().namespace().equals(namespace)) {
        offer(claim);
      }
    }
  }

  void limitChanged(String tenant) {
    queue.limitChanged(tenant);
  }

  /** It may be that slots of the tenant are free for this pool. */
  void retry(String tenant) {
    queue.retry(tenant);
  }

  private List<PoolClaim> claims() {
    List<PoolClaim> claims = new ArrayList<>(barred.values());
    claims.addAll(queue.waiting());
    return claims;
  }

  private void judge(Predicate<PoolClaim> which) {
    List<PoolClaim> claims = claims();
    Map<String, Boolean> allowed = new HashMap<>();
    for (PoolClaim claim : claims) {
      if (which.test(claim)) {
        place(claim, allowed.computeIfAbsent(claim.job().namespace(), this::allows));
      }
    }
  }

  void offer(PoolClaim claim) {
    if (!queue.holds(claim.job())) {
      String namespace = claim.job().namespace();
      place(claim.of(tenants.apply(namespace)), allows(namespace));
    }
  }

  private boolean allows(String namespace) {
    return rule != null && rule.allows(namespace, labels.apply(namespace));
  }

  private void place(PoolClaim claim, boolean allowed) {
    if (allowed) {
      barred.remove(claim.job());
      queue.offer(claim);
    } else {
      queue.withdraw(claim.job());
      barred.put(claim.job(), claim);
    }
  }

  void withdraw(JobKey job) {
    barred.remove(job);
    queue.withdraw(job);
  }

  void hold(JobKey job, int slots) {
    barred.remove(job);
    queue.hold(job, tenants.apply(job.namespace()), slots);
  }

  void release(JobKey job) {
    queue.release(job);
  }

  void startedAt(Instant time) {
    queue.startedAt(time);
  }

  // ---- what follows

  private void settle(Instant now) {
    Instant wake = Instant.MAX;
    if (rule == null) {
      queue.leaveLines();
    } else {
      Next next = queue.next(now);
      while (next instanceof Next.Grant(PoolClaim claim)) {
        untold.add(l -> l.granted(key, claim));
        next = queue.next(now);
      }
      if (next instanceof Next.Nobody(Instant until)) {
        wake = until;
      }
    }
    if (!wake.equals(toldWake)) {
      toldWake = wake;
      Instant moment = wake;
      untold.add(l -> l.wakeAt(key, moment));
    }
    if (!reasonsTold) {
      reasonsTold = true;
      untold.add(l -> l.reasonsChanged(key));
    }
  }

  /** One thread tells, also what others have changed meanwhile. */
  private void tell() {
    synchronized (this) {
      if (telling) {
        return;
      }
      telling = true;
    }
    for (Optional<Consumer<PoolListener>> next = untold(); next.isPresent(); next = untold()) {
      try {
        next.get().accept(listener);
      } catch (RuntimeException e) {
        log.error("what became of a claim of pool {} could not be told", key, e);
      }
    }
  }

  private synchronized Optional<Consumer<PoolListener>> untold() {
    Consumer<PoolListener> next = untold.poll();
    telling = next != null;
    return Optional.ofNullable(next);
  }

  // ---- questions

  synchronized Optional<PoolReason> problem(String namespace) {
    return allows(namespace) ? Optional.empty() : Optional.of(whyBarred());
  }

  synchronized boolean holds(JobKey job) {
    return queue.holds(job);
  }

  synchronized Optional<PoolReason> reason(JobKey job) {
    return barred.containsKey(job) ? Optional.of(whyBarred()) : queue.reason(job);
  }

  private PoolReason whyBarred() {
    return rule == null ? PoolReason.POOL_NOT_FOUND : PoolReason.POOL_NOT_ALLOWED;
  }

  synchronized Map<JobKey, PoolReason> takeReasonChanges() {
    reasonsTold = false;
    Map<JobKey, PoolReason> now = new HashMap<>();
    Map<JobKey, PoolReason> changes = new HashMap<>();
    barred.keySet().forEach(job -> now.put(job, whyBarred()));
    for (PoolClaim claim : queue.waiting()) {
      queue.reason(claim.job()).ifPresent(reason -> now.put(claim.job(), reason));
    }
    now.forEach(
        (job, reason) -> {
          if (reason != toldReasons.get(job)) {
            changes.put(job, reason);
          }
        });
    toldReasons = now;
    return changes;
  }

  synchronized List<QueuedClaim> queue() {
    return queue.queue();
  }

  synchronized PoolNumbers numbers() {
    return queue.numbers();
  }
}
