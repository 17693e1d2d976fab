package io.scanwarden.operator.schedule;

/** Which schedule. */
record ScheduleKey(String namespace, String name) {
  /** The identity that seeds H and jitter. */
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
