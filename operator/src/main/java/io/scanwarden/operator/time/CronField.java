package io.scanwarden.operator.time;

import com.cronutils.model.field.CronFieldName;

/** The five fields of a cron expression, in their order. */
enum CronField {
  MINUTE(1, "minute", CronFieldName.MINUTE, 0, 59, 59, "0-59"),
  HOUR(2, "hour", CronFieldName.HOUR, 0, 23, 23, "0-23"),
  /** H ends at 28, so that it means a day that every month has. */
  DAY_OF_MONTH(3, "day of month", CronFieldName.DAY_OF_MONTH, 1, 31, 28, "1-31"),
  MONTH(4, "month", CronFieldName.MONTH, 1, 12, 12, "1-12, JAN-DEC"),
  /** 7 may be written for Sunday, but steps and H count to 6 as if it were not there. */
  DAY_OF_WEEK(5, "day of week", CronFieldName.DAY_OF_WEEK, 0, 6, 6, "0-7, SUN-SAT");

  /** What H hashes: part of where every hashed schedule lands, so it never changes. */
  final long hashKey;

  final String label;
  final CronFieldName name;
  final int min;
  final int max;
  final int hashMax;
  final String allowed;

  CronField(
      long hashKey,
      String label,
      CronFieldName name,
      int min,
      int max,
      int hashMax,
      String allowed) {
    this.hashKey = hashKey;
    this.label = label;
    this.name = name;
    this.min = min;
    this.max = max;
    this.hashMax = hashMax;
    this.allowed = allowed;
  }

  /** The highest number that may be written. */
  int highest() {
    return this == DAY_OF_WEEK ? 7 : max;
  }

  /** All values of the field, as a bit mask. */
  long all() {
    return (-1L << min) & (-1L >>> (63 - max));
  }
}
