package io.scanwarden.operator.pool;

import java.time.Instant;
import java.util.Optional;

/**
 * How full a pool is.
 *
 * @param running slots that are taken
 * @param queued Jobs that wait; not those that the pool does not allow
 * @param oldestQueued since when the one does that has waited for the longest
 */
public record PoolNumbers(long running, int queued, Optional<Instant> oldestQueued) {
  static final PoolNumbers NONE = new PoolNumbers(0, 0, Optional.empty());
}
