package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.QueueingStrategy;
import java.util.Comparator;

/** How a tenant stands that has claims waiting. */
interface Standing {
  /** The claim whose turn is first among the tenant's. */
  PoolClaim head();

  /** How many slots the tenant has taken. */
  long running();

  /** The order in which tenants have their turn. */
  static Comparator<Standing> order(QueueingStrategy strategy) {
    return switch (strategy) {
      case FIFO -> Comparator.comparing(Standing::head, PoolClaim.BY_PRIORITY);
      case FAIR_SHARE ->
          // Not by priority: with that, one tenant could keep the others from their turn.
          Comparator.comparingLong(Standing::running)
              .thenComparing(Standing::head, PoolClaim.BY_TIME);
    };
  }
}
