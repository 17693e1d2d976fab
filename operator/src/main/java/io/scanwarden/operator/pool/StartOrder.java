package io.scanwarden.operator.pool;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.ToLongFunction;

/** What would start next, and after that, if nothing ended and no time had to pass. */
final class StartOrder {

  /** A tenant, as it would stand after some starts. */
  private static final class Line implements Standing {
    private final Iterator<PoolClaim> claims;
    private PoolClaim head;
    private long running;
    private long free;

    Line(Tenant tenant, long free) {
      claims = tenant.waiting().iterator();
      head = claims.next();
      running = tenant.running();
      this.free = free;
    }

    @Override
    public PoolClaim head() {
      return head;
    }

    @Override
    public long running() {
      return running;
    }

    boolean startFirst() {
      running += head.slots();
      free = free == Long.MAX_VALUE ? free : free - head.slots();
      if (!claims.hasNext()) {
        return false;
      }
      head = claims.next();
      return true;
    }
  }

  private final PoolSpec spec;
  private final PriorityQueue<Line> lines;

  /**
   * The order of those tenants that have claims waiting.
   *
   * @param free how many slots the tenant of a claim may take over all pools
   */
  StartOrder(PoolSpec spec, Collection<Tenant> tenants, ToLongFunction<PoolClaim> free) {
    this.spec = spec;
    this.lines = new PriorityQueue<>(Standing.order(spec.strategy()));
    tenants.stream()
        .filter(Tenant::isWaiting)
        .map(tenant -> new Line(tenant, free.applyAsLong(tenant.head())))
        .forEach(lines::add);
  }

  /** All that wait, as if there were slots enough. */
  List<PoolClaim> all() {
    return starts(Long.MAX_VALUE, false);
  }

  /** Those for whom there are slots in the pool, and within their tenants' limits. */
  List<PoolClaim> thatFit(long free) {
    return starts(free, true);
  }

  private List<PoolClaim> starts(long free, boolean limited) {
    List<PoolClaim> starts = new ArrayList<>();
    long left = free;
    while (!lines.isEmpty()) {
      Line line = lines.remove();
      PoolClaim claim = line.head();
      if (limited && claim.slots() > Math.min(line.free, spec.freeForTenant(line.running()))) {
        continue;
      }
      if (claim.slots() > left) {
        break;
      }
      left -= claim.slots();
      starts.add(claim);
      if (line.startFirst()) {
        lines.add(line);
      }
    }
    return starts;
  }
}
