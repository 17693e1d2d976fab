package io.scanwarden.operator.pool;

import java.time.Instant;

/** What {@link PoolQueue#next} answers. */
sealed interface Next {
  /** The claim's turn has come; its slots are taken. */
  record Grant(PoolClaim claim) implements Next {}

  /**
   * Nobody's turn has come.
   *
   * @param until when to ask again though nothing has changed; Instant.MAX if that is of no use
   */
  record Nobody(Instant until) implements Next {}
}
