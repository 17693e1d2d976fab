package io.scanwarden.operator.pool;

import static java.util.stream.Collectors.toSet;

import io.scanwarden.operator.run.PoolKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One pool: which Jobs have slots, which wait, and who is next. A function of calls and moments,
 * without a clock. Not thread-safe.
 *
 * <p>A tenant that has all that it may have, here or over all pools, is passed over. The first
 * claim of the others keeps its turn until there are slots enough for it: nothing overtakes it
 * meanwhile. A claim that needs more slots than it could ever have stands in nobody's way.
 *
 * <p>Every change takes a time that grows with the logarithm of what waits, but for {@link
 * #configure}.
 */
final class PoolQueue {
  private record Holding(String tenant, int slots) {}

  private final PoolKey key;
  private final TenantSlots tenantSlots;
  private final Map<JobKey, Holding> held = new HashMap<>();
  private final Map<JobKey, PoolClaim> waiting = new HashMap<>();
  private final TreeSet<PoolClaim> byAge = new TreeSet<>(PoolClaim.BY_AGE);
  private final Map<String, Tenant> tenants = new HashMap<>();
  private final Set<JobKey> tooLarge = new HashSet<>();
  // Tenants to which slots were refused over all pools: this pool stands in their lines.
  private final Set<String> refused = new HashSet<>();
  // Tenants that would be, but that lack slots of the pool as well.
  private final Set<String> deferred = new HashSet<>();
  // Tenants in whose lines the pool may stand without being able to use their slots.
  private final Set<String> unsure = new HashSet<>();
  // Those that may start something, were it not for the pool's slots.
  private TreeSet<Tenant> eligible;
  private PoolSpec spec = PoolSpec.UNLIMITED;
  private long running;
  private long slotsWaitedFor;
  private Instant lastStart = Instant.MIN;
  private @Nullable Set<JobKey> front;

  /**
   * One without limits of its own in which nothing runs or waits.
   *
   * @param tenantSlots shared by all pools
   */
  PoolQueue(PoolKey key, TenantSlots tenantSlots) {
    this.key = key;
    this.tenantSlots = tenantSlots;
    eligible = new TreeSet<>(Standing.order(spec.strategy()));
  }

  /** What the pool is like from now on. Takes a time that grows with what waits. */
  void configure(PoolSpec newSpec) {
    if (newSpec.equals(spec)) {
      return;
    }
    spec = newSpec;
    front = null;
    eligible = new TreeSet<>(Standing.order(spec.strategy()));
    unsure.addAll(refused);
    refused.clear();
    deferred.clear();
    tooLarge.clear();
    tenants.values().forEach(Tenant::removeAll);
    for (PoolClaim claim : waiting.values()) {
      if (isTooLarge(claim)) {
        tooLarge.add(claim.job());
      } else {
        tenant(claim.tenant()).add(claim);
      }
    }
    tenants.values().removeIf(Tenant::isEmpty);
    tenants.values().stream().filter(this::isEligible).forEach(eligible::add);
  }

  private boolean isTooLarge(PoolClaim claim) {
    return spec.isTooLarge(claim.slots()) || tenantSlots.isTooLarge(claim);
  }

  /** The tenant may take more or fewer slots over all pools. Takes a time that grows as above. */
  void limitChanged(String tenant) {
    List<PoolClaim> claims =
        waiting.values().stream().filter(claim -> claim.tenant().equals(tenant)).toList();
    for (PoolClaim claim : claims) {
      withdraw(claim.job());
      offer(claim);
    }
  }

  /** What runs of the namespace takes slots of that tenant. Takes a time that grows as above. */
  void moveHeld(String namespace, String tenant) {
    List<JobKey> jobs =
        held.keySet().stream().filter(job -> job.namespace().equals(namespace)).toList();
    for (JobKey job : jobs) {
      hold(job, tenant, Objects.requireNonNull(held.get(job)).slots());
    }
  }

  /** It may be that slots of the tenant are free for this pool. */
  void retry(String tenant) {
    unsure.add(tenant);
    Tenant known = tenants.get(tenant);
    if (known != null) {
      leaveTurn(known);
      takeTurn(known);
    }
  }

  /** A Job of the pool is known to have started then. */
  void startedAt(Instant time) {
    if (time.isAfter(lastStart)) {
      lastStart = time;
    }
  }

  /** A Job waits, from now on as the claim says; without effect on one that has its slots. */
  void offer(PoolClaim claim) {
    if (held.containsKey(claim.job()) || claim.equals(waiting.get(claim.job()))) {
      return;
    }
    withdraw(claim.job());
    waiting.put(claim.job(), claim);
    byAge.add(claim);
    slotsWaitedFor += claim.slots();
    front = null;
    if (isTooLarge(claim)) {
      tooLarge.add(claim.job());
    } else {
      Tenant tenant = tenant(claim.tenant());
      leaveTurn(tenant);
      tenant.add(claim);
      takeTurn(tenant);
    }
  }

  /** A Job waits no more. */
  void withdraw(JobKey job) {
    PoolClaim claim = waiting.remove(job);
    if (claim == null) {
      return;
    }
    byAge.remove(claim);
    slotsWaitedFor -= claim.slots();
    front = null;
    if (!tooLarge.remove(job)) {
      Tenant tenant = tenant(claim.tenant());
      leaveTurn(tenant);
      tenant.remove(claim);
      takeTurn(tenant);
    }
  }

  /** A Job has its slots, whether there were any or not. */
  void hold(JobKey job, String tenant, int slots) {
    withdraw(job);
    Holding holding = new Holding(tenant, slots);
    Holding before = held.put(job, holding);
    if (!holding.equals(before)) {
      take(holding, slots);
      if (before != null) {
        take(before, -before.slots());
      }
    }
  }

  /** A Job needs its slots no more. */
  void release(JobKey job) {
    Holding holding = held.remove(job);
    if (holding != null) {
      take(holding, -holding.slots());
    }
  }

  private void take(Holding holding, long slots) {
    tenantSlots.add(holding.tenant(), slots);
    occupy(holding, slots);
  }

  private void occupy(Holding holding, long slots) {
    if (slots < 0) {
      tryDeferred();
    }
    running += slots;
    front = null;
    Tenant tenant = tenant(holding.tenant());
    leaveTurn(tenant);
    tenant.take(slots);
    takeTurn(tenant);
  }

  private Tenant tenant(String name) {
    return tenants.computeIfAbsent(name, Tenant::new);
  }

  /** To be called before anything changes of a tenant by which it is ordered. */
  private void leaveTurn(Tenant tenant) {
    if (isEligible(tenant)) {
      eligible.remove(tenant);
    }
    deferred.remove(tenant.name());
    if (refused.remove(tenant.name())) {
      unsure.add(tenant.name());
    }
  }

  private boolean isEligible(Tenant tenant) {
    return tenant.mayStart(spec)
        && !refused.contains(tenant.name())
        && !deferred.contains(tenant.name());
  }

  /** Until something changes for the tenant, it is as if it had nothing waiting. */
  private void passOver(Tenant tenant, Set<String> why) {
    eligible.remove(tenant);
    why.add(tenant.name());
  }

  private void tryDeferred() {
    List<Tenant> again = deferred.stream().map(this::tenant).toList();
    deferred.clear();
    again.stream().filter(this::isEligible).forEach(eligible::add);
  }

  private void takeTurn(Tenant tenant) {
    if (isEligible(tenant)) {
      eligible.add(tenant);
    } else if (tenant.isEmpty()) {
      tenants.remove(tenant.name());
    }
  }

  /** Whose turn it is. Their slots are taken by the answer. */
  Next next(Instant now) {
    for (Optional<PoolClaim> first = turn(); first.isPresent(); first = turn()) {
      Instant earliest = earliestStart(now);
      if (earliest.isAfter(now)) {
        leaveLines();
        return new Next.Nobody(earliest);
      }
      PoolClaim claim = first.get();
      if (tenantSlots.take(key, claim)) {
        grant(claim);
        startedAt(now);
        return new Next.Grant(claim);
      }
      passOver(tenant(claim.tenant()), refused);
    }
    leaveLines();
    return new Next.Nobody(Instant.MAX);
  }

  private void grant(PoolClaim claim) {
    withdraw(claim.job());
    Holding holding = new Holding(claim.tenant(), claim.slots());
    held.put(claim.job(), holding);
    occupy(holding, claim.slots());
  }

  /** Other pools may have the slots of tenants that have no turn here. */
  void leaveLines() {
    unsure.stream()
        .filter(tenant -> !refused.contains(tenant))
        .forEach(tenant -> tenantSlots.leave(key, tenant));
    unsure.clear();
  }

  /** What lacks slots of its tenant as well does not keep its turn. */
  private Optional<PoolClaim> turn() {
    long free = spec.free(running);
    while (!spec.suspend() && free > 0 && !eligible.isEmpty()) {
      Tenant first = eligible.first();
      if (first.head().slots() <= free || first.head().slots() <= tenantSlots.free(first.head())) {
        break;
      }
      passOver(first, deferred);
    }
    return first();
  }

  /** Who would be next if no time had to pass. */
  private Optional<PoolClaim> first() {
    if (spec.suspend() || eligible.isEmpty()) {
      return Optional.empty();
    }
    PoolClaim first = eligible.first().head();
    return first.slots() <= spec.free(running) ? Optional.of(first) : Optional.empty();
  }

  /** A start that lies in the future was before the clock was set back: it counts as one of now. */
  private Instant earliestStart(Instant now) {
    Duration interval = spec.startInterval();
    if (interval.isZero() || lastStart.equals(Instant.MIN)) {
      return now;
    }
    if (lastStart.isAfter(now.plus(interval))) {
      lastStart = now;
    }
    return lastStart.plus(interval);
  }

  /**
   * Why a Job waits; absent if it does not. Holds once {@link #next} has answered that it is
   * nobody's turn, as far as no other pool has changed what its tenant has left.
   */
  Optional<PoolReason> reason(JobKey job) {
    return Optional.ofNullable(waiting.get(job)).map(this::reason);
  }

  private PoolReason reason(PoolClaim claim) {
    if (tooLarge.contains(claim.job())) {
      return PoolReason.JOB_TOO_LARGE;
    }
    if (spec.suspend()) {
      return PoolReason.POOL_SUSPENDED;
    }
    Tenant tenant = tenant(claim.tenant());
    long free = Math.min(spec.freeForTenant(tenant.running()), tenantSlots.free(claim));
    if (refused.contains(tenant.name()) || !tenant.fits(claim, free)) {
      return PoolReason.TENANT_AT_LIMIT;
    }
    return isInFront(claim) ? PoolReason.START_INTERVAL : PoolReason.POOL_AT_CAPACITY;
  }

  /** Whether there are slots for the claim, those before it having started. */
  private boolean isInFront(PoolClaim claim) {
    if (first().isEmpty()) {
      return false;
    }
    if (slotsWaitedFor <= spec.free(running)) {
      return true;
    }
    if (front == null) {
      front =
          startOrder().thatFit(spec.free(running)).stream().map(PoolClaim::job).collect(toSet());
    }
    return front.contains(claim.job());
  }

  private StartOrder startOrder() {
    return new StartOrder(spec, tenants.values(), tenantSlots::free);
  }

  /** All that waits, first who is next; last what is too large. */
  List<QueuedClaim> queue() {
    List<PoolClaim> order = new ArrayList<>(startOrder().all());
    waiting.values().stream()
        .filter(claim -> tooLarge.contains(claim.job()))
        .sorted(PoolClaim.BY_PRIORITY)
        .forEach(order::add);
    List<QueuedClaim> queue = new ArrayList<>(order.size());
    for (PoolClaim claim : order) {
      queue.add(new QueuedClaim(claim, queue.size() + 1, reason(claim)));
    }
    return List.copyOf(queue);
  }

  /** All that waits, in no order. */
  Collection<PoolClaim> waiting() {
    return waiting.values();
  }

  PoolNumbers numbers() {
    return new PoolNumbers(
        running,
        waiting.size(),
        byAge.isEmpty() ? Optional.empty() : Optional.of(byAge.first().created()));
  }

  boolean holds(JobKey job) {
    return held.containsKey(job);
  }

  /** Whether nothing runs or waits. */
  boolean isIdle() {
    return held.isEmpty() && waiting.isEmpty();
  }

  /** Whether something has started. */
  boolean hasStarted() {
    return !lastStart.equals(Instant.MIN);
  }
}
