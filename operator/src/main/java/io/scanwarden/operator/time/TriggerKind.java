package io.scanwarden.operator.time;

/** What made an instant due. */
public enum TriggerKind {
  /** A cron expression. */
  CRON,
  /** A fixed period, aligned to the epoch. */
  EVERY,
  /** A single point in time. */
  AT
}
