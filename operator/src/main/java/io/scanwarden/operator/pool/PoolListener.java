package io.scanwarden.operator.pool;

import io.scanwarden.operator.run.PoolKey;
import java.time.Instant;

/**
 * Is told what becomes of the claims. Of one pool it is told in order, one thing after the other,
 * by whichever thread has changed something; no lock is held, so that it may call {@link Pools}.
 */
public interface PoolListener {
  /**
   * A claim's turn has come: it has its slots until {@link Pools#release}, and the Job is to be
   * started.
   */
  void granted(PoolKey pool, PoolClaim claim);

  /**
   * Some of those that wait may do so for another reason. Told once, and again only after {@link
   * Pools#takeReasonChanges}.
   */
  void reasonsChanged(PoolKey pool);

  /**
   * {@link Pools#wake} is to be called at that moment, not at one that was told before; Instant.MAX
   * if not at all.
   */
  void wakeAt(PoolKey pool, Instant moment);
}
