/**
 * WorkerPool: who is next and why the others wait. Pure: everything here is a function of calls and
 * moments; nothing of it talks to the API server or has a clock. {@link
 * io.scanwarden.operator.pool.Pools} is the way in.
 */
@NullMarked
package io.scanwarden.operator.pool;

import org.jspecify.annotations.NullMarked;
