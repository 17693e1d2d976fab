package io.scanwarden.operator.tenant;

/** Whether an object may be created. */
public sealed interface QuotaAnswer {
  /** It has its place, or needs none. */
  record Granted() implements QuotaAnswer {}

  /** There is no place for it. */
  record Refused(Excess excess) implements QuotaAnswer {}

  /**
   * Nobody knows: it must not be created.
   *
   * @param why for people
   */
  record Unknown(String why) implements QuotaAnswer {}
}
