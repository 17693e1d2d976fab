package io.scanwarden.operator.time;

/** What becomes of wall-clock times that the local clock reads twice (fall back). */
public enum OverlapPolicy {
  /** They fire at the first pass only. */
  FIRST,
  /** They fire at both passes. */
  BOTH
}
