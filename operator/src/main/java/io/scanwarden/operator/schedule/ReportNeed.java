package io.scanwarden.operator.schedule;

/** How soon the status of a schedule has to be written. */
enum ReportNeed {
  /** The API server has it, or it must not be written yet. */
  NONE,
  /** A run is under way, and when it ends there will be more to write. */
  MOVING,
  /** Nothing is under way that would change it soon. */
  SETTLED,
  /** A start waits for it. */
  URGENT
}
