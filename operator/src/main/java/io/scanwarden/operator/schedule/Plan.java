package io.scanwarden.operator.schedule;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What to do now, and how things stand when it is done.
 *
 * @param cursor the instant up to which all is decided
 * @param queue what waits, the first to start first, each with its reason
 * @param backfill how far the backfill is
 * @param wakeAt when to plan again if nothing happens before; {@link Instant#MAX} for never
 */
record Plan(
    List<Decision> decisions,
    Instant cursor,
    List<Claim> queue,
    Optional<BackfillProgress> backfill,
    Instant wakeAt) {}
