package io.scanwarden.operator.time;

import java.time.Instant;

/**
 * An instant at which a schedule is due.
 *
 * @param instant the nominal time, in whole seconds; jitter is not in it
 * @param kind the trigger; where several fall on the same instant, the one declared first
 * @param excluded whether an exclusion window covers the instant, so that it is to be dropped and
 *     counted
 */
public record Occurrence(Instant instant, TriggerKind kind, boolean excluded) {}
