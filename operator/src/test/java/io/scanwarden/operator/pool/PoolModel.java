package io.scanwarden.operator.pool;

import static java.util.Comparator.comparing;

import io.scanwarden.api.v1alpha1.QueueingStrategy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What a pool's queue must do, by looking through everything each time. */
final class PoolModel {
  private record Slots(String tenant, int count) {}

  private static final Comparator<PoolClaim> IN_TIME =
      comparing(PoolClaim::scheduled)
          .thenComparing(PoolClaim::created)
          .thenComparing(claim -> claim.job().name())
          .thenComparing(claim -> claim.job().namespace());

  private static final Comparator<PoolClaim> IN_ORDER =
      comparing((PoolClaim claim) -> -claim.priority()).thenComparing(IN_TIME);

  final Map<JobKey, PoolClaim> waiting = new HashMap<>();
  private final Map<JobKey, Slots> held = new HashMap<>();
  private PoolSpec spec = PoolSpec.UNLIMITED;
  private Optional<Instant> lastStart = Optional.empty();

  void configure(PoolSpec newSpec) {
    spec = newSpec;
  }

  void offer(PoolClaim claim) {
    if (!held.containsKey(claim.job())) {
      waiting.put(claim.job(), claim);
    }
  }

  void withdraw(JobKey job) {
    waiting.remove(job);
  }

  void hold(JobKey job, String tenant, int slots) {
    waiting.remove(job);
    held.put(job, new Slots(tenant, slots));
  }

  void release(JobKey job) {
    held.remove(job);
  }

  List<JobKey> held() {
    return held.keySet().stream().sorted().toList();
  }

  long running() {
    return held.values().stream().mapToLong(Slots::count).sum();
  }

  private Map<String, Long> runningByTenant() {
    Map<String, Long> running = new HashMap<>();
    held.values().forEach(slots -> running.merge(slots.tenant(), (long) slots.count(), Long::sum));
    return running;
  }

  long running(String tenant) {
    return runningByTenant().getOrDefault(tenant, 0L);
  }

  private long max() {
    return spec.maxConcurrent().isPresent() ? spec.maxConcurrent().getAsInt() : Long.MAX_VALUE / 2;
  }

  private long maxPerTenant() {
    return spec.maxConcurrentPerTenant().isPresent()
        ? spec.maxConcurrentPerTenant().getAsInt()
        : Long.MAX_VALUE / 2;
  }

  private boolean tooLarge(PoolClaim claim) {
    return (max() > 0 && claim.slots() > max())
        || (maxPerTenant() > 0 && claim.slots() > maxPerTenant());
  }

  /** Whose turn it is, whatever the pool has left. */
  private Optional<PoolClaim> turn(
      List<PoolClaim> claims, Map<String, Long> running, boolean limited) {
    Map<String, PoolClaim> heads = new HashMap<>();
    for (PoolClaim claim : claims.stream().sorted(IN_ORDER).toList()) {
      heads.putIfAbsent(claim.tenant(), claim);
    }
    return heads.values().stream()
        .filter(
            head ->
                !limited
                    || running.getOrDefault(head.tenant(), 0L) + head.slots() <= maxPerTenant())
        .min(
            spec.strategy() == QueueingStrategy.FIFO
                ? IN_ORDER
                : comparing((PoolClaim head) -> running.getOrDefault(head.tenant(), 0L))
                    .thenComparing(IN_TIME));
  }

  private List<PoolClaim> starts(boolean limited) {
    List<PoolClaim> left =
        new ArrayList<>(waiting.values().stream().filter(c -> !tooLarge(c)).toList());
    Map<String, Long> running = runningByTenant();
    long free = max() - running();
    List<PoolClaim> starts = new ArrayList<>();
    for (Optional<PoolClaim> turn = turn(left, running, limited);
        turn.isPresent() && (!limited || turn.get().slots() <= free);
        turn = turn(left, running, limited)) {
      PoolClaim claim = turn.get();
      starts.add(claim);
      left.remove(claim);
      free -= claim.slots();
      running.merge(claim.tenant(), (long) claim.slots(), Long::sum);
    }
    return starts;
  }

  Next next(Instant now) {
    List<PoolClaim> starts = spec.suspend() ? List.of() : starts(true);
    if (starts.isEmpty()) {
      return new Next.Nobody(Instant.MAX);
    }
    if (lastStart.isPresent() && lastStart.get().plus(spec.startInterval()).isAfter(now)) {
      return new Next.Nobody(lastStart.get().plus(spec.startInterval()));
    }
    PoolClaim claim = starts.getFirst();
    hold(claim.job(), claim.tenant(), claim.slots());
    lastStart = Optional.of(now);
    return new Next.Grant(claim);
  }

  PoolReason reason(JobKey job) {
    PoolClaim claim = Objects.requireNonNull(waiting.get(job));
    if (tooLarge(claim)) {
      return PoolReason.JOB_TOO_LARGE;
    }
    if (spec.suspend()) {
      return PoolReason.POOL_SUSPENDED;
    }
    long upToIt =
        waiting.values().stream()
            .filter(c -> c.tenant().equals(claim.tenant()) && !tooLarge(c))
            .filter(c -> IN_ORDER.compare(c, claim) <= 0)
            .mapToLong(PoolClaim::slots)
            .sum();
    if (running(claim.tenant()) + upToIt > maxPerTenant()) {
      return PoolReason.TENANT_AT_LIMIT;
    }
    return starts(true).contains(claim) ? PoolReason.START_INTERVAL : PoolReason.POOL_AT_CAPACITY;
  }

  List<PoolClaim> queue() {
    List<PoolClaim> queue = starts(false);
    waiting.values().stream().filter(this::tooLarge).sorted(IN_ORDER).forEach(queue::add);
    return queue;
  }

  PoolNumbers numbers() {
    return new PoolNumbers(
        running(),
        waiting.size(),
        waiting.values().stream().map(PoolClaim::created).min(Instant::compareTo));
  }

  /** A grant that has been made keeps all that the pool promises. */
  boolean keepsLimits(PoolClaim granted) {
    return running() <= max() && running(granted.tenant()) <= maxPerTenant() && !spec.suspend();
  }
}
