package io.scanwarden.operator.run;

import java.time.Instant;

/**
 * What makes a run the one it is within its schedule. Two triggers that are due at the same instant
 * lead to the same run, so that of a clock-triggered run only the instant counts.
 */
public sealed interface RunKey {
  /** The nominal time: the instant, or the time of the request. */
  Instant time();

  /** A run that is due at an instant of the schedule's timeline. Whole seconds. */
  record Clock(Instant time) implements RunKey {}

  /** A run that somebody asked for. */
  record Request(Instant time) implements RunKey {}

  /**
   * A run that makes up for that of a past instant, which is over and forgotten: its Jobs have the
   * names that the other's had, so that there is never one of each.
   */
  record Backfill(Instant time) implements RunKey {}

  /** The key of a run of that trigger at that time. */
  static RunKey of(Trigger trigger, Instant time) {
    return switch (trigger) {
      case CRON, EVERY, AT -> new Clock(time);
      case REQUEST -> new Request(time);
      case BACKFILL -> new Backfill(time);
    };
  }
}
