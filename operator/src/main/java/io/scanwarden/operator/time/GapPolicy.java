package io.scanwarden.operator.time;

/** What becomes of wall-clock times that the local clock skips (spring forward). */
public enum GapPolicy {
  /** They fire once, together, at the transition itself: 02:30 becomes 03:00, not 03:30. */
  SHIFT,
  /** They do not fire. */
  SKIP
}
