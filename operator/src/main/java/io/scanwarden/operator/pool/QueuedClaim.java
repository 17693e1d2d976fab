package io.scanwarden.operator.pool;

/**
 * One of those that wait.
 *
 * @param position 1 for the one that is next
 */
public record QueuedClaim(PoolClaim claim, int position, PoolReason reason) {}
