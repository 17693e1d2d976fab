/**
 * WorkerPool: who is next, why the others wait, and how full a pool is. {@link
 * io.scanwarden.operator.pool.Pools} and what is behind it are pure: functions of calls and
 * moments. {@link io.scanwarden.operator.pool.PoolAdmission} adds the clock, {@link
 * io.scanwarden.operator.pool.PoolRoom} the API server.
 */
@NullMarked
package io.scanwarden.operator.pool;

import org.jspecify.annotations.NullMarked;
