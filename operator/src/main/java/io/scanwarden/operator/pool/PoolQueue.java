package io.scanwarden.operator.pool;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One pool: which Jobs have slots, which wait, and who is next. A function of calls and moments,
 * without a clock. Not thread-safe.
 *
 * <p>A tenant that has all that it may have is passed over. The first claim of the others keeps its
 * turn until there are slots enough for it: nothing overtakes it meanwhile. A claim that needs more
 * slots than it could ever have stands in nobody's way.
 *
 * <p>Every change takes a time that grows with the logarithm of what waits, but for {@link
 * #configure}.
 */
final class PoolQueue {
  private record Holding(String tenant, int slots) {}

  private final Map<JobKey, Holding> held = new HashMap<>();
  private final Map<JobKey, PoolClaim> waiting = new HashMap<>();
  private final TreeSet<PoolClaim> byAge = new TreeSet<>(PoolClaim.BY_AGE);
  private final Map<String, Tenant> tenants = new HashMap<>();
  // Those that may start something, were it not for the pool's slots.
  private TreeSet<Tenant> eligible;
  private PoolSpec spec = PoolSpec.UNLIMITED;
  private long running;
  private long slotsWaitedFor;
  private Instant lastStart = Instant.MIN;
  private @Nullable Set<JobKey> front;

  /** One without limits in which nothing runs or waits. */
  PoolQueue() {
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
    tenants.values().forEach(Tenant::removeAll);
    for (PoolClaim claim : waiting.values()) {
      if (!spec.isTooLarge(claim.slots())) {
        tenant(claim.tenant()).add(claim);
      }
    }
    tenants.values().removeIf(Tenant::isEmpty);
    tenants.values().stream().filter(tenant -> tenant.mayStart(spec)).forEach(eligible::add);
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
    if (!spec.isTooLarge(claim.slots())) {
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
    Tenant tenant = tenants.get(claim.tenant());
    if (tenant != null && !spec.isTooLarge(claim.slots())) {
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
    if (tenant.mayStart(spec)) {
      eligible.remove(tenant);
    }
  }

  private void takeTurn(Tenant tenant) {
    if (tenant.mayStart(spec)) {
      eligible.add(tenant);
    } else if (tenant.isEmpty()) {
      tenants.remove(tenant.name());
    }
  }

  /** Whose turn it is. Their slots are taken by the answer. */
  Next next(Instant now) {
    Optional<PoolClaim> first = first();
    if (first.isEmpty()) {
      return new Next.Nobody(Instant.MAX);
    }
    Instant earliest = earliestStart(now);
    if (earliest.isAfter(now)) {
      return new Next.Nobody(earliest);
    }
    PoolClaim claim = first.get();
    hold(claim.job(), claim.tenant(), claim.slots());
    startedAt(now);
    return new Next.Grant(claim);
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
   * nobody's turn.
   */
  Optional<PoolReason> reason(JobKey job) {
    return Optional.ofNullable(waiting.get(job)).map(this::reason);
  }

  private PoolReason reason(PoolClaim claim) {
    if (spec.isTooLarge(claim.slots())) {
      return PoolReason.JOB_TOO_LARGE;
    }
    if (spec.suspend()) {
      return PoolReason.POOL_SUSPENDED;
    }
    if (!tenant(claim.tenant()).fits(claim, spec)) {
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
          new StartOrder(spec, tenants.values())
              .thatFit(spec.free(running)).stream().map(PoolClaim::job).collect(toSet());
    }
    return front.contains(claim.job());
  }

  /** All that waits, first who is next; last what is too large. */
  List<QueuedClaim> queue() {
    List<PoolClaim> order = new ArrayList<>(new StartOrder(spec, tenants.values()).all());
    waiting.values().stream()
        .filter(claim -> spec.isTooLarge(claim.slots()))
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

  /** Whether nothing runs or waits, or has ever started. */
  boolean isUnused() {
    return held.isEmpty() && waiting.isEmpty() && lastStart.equals(Instant.MIN);
  }
}
