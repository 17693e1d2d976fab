package io.scanwarden.operator.schedule;

/**
 * The resourceVersions of the lists of a takeover. Whatever a watch tells of older ones, and was
 * not in the list, is of the past: the watch may be minutes behind.
 */
record ListedAt(long schedules, long jobs) {
  /** Before a takeover: all that is told is news. */
  static final ListedAt NEVER = new ListedAt(-1, -1);
}
