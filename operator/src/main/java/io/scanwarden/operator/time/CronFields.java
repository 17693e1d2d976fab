package io.scanwarden.operator.time;

import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Map;
import java.util.Set;

/**
 * A cron expression as bit masks, walked along a time line without zones: minutes since
 * 1970-01-01T00:00, of whatever clock.
 *
 * @param daysOr day of month and day of week are both restricted, so either of them is enough
 */
record CronFields(
    long minutes, int hours, int daysOfMonth, short months, byte daysOfWeek, boolean daysOr) {

  static final long NEVER = Long.MAX_VALUE;

  /** How many months ahead a day is looked for; 29 February may be eight years away. */
  private static final int HORIZON_MONTHS = 40 * 12;

  private static final int MINUTES_PER_DAY = 24 * 60;

  /** Bits 0, 7, 14, 21, 28: repeats a week over a month. */
  private static final long WEEKS = 0x10204081L;

  /**
   * From the values of each field as bits, 7 for Sunday allowed.
   *
   * @param restricted the fields that do not say "any"
   */
  static CronFields of(Map<CronField, Long> bits, Set<CronField> restricted) {
    long week = bits.getOrDefault(CronField.DAY_OF_WEEK, 0L);
    return new CronFields(
        bits.getOrDefault(CronField.MINUTE, 0L),
        bits.getOrDefault(CronField.HOUR, 0L).intValue(),
        bits.getOrDefault(CronField.DAY_OF_MONTH, 0L).intValue(),
        bits.getOrDefault(CronField.MONTH, 0L).shortValue(),
        (byte) ((week | (week >>> 7)) & 0x7f),
        restricted.contains(CronField.DAY_OF_MONTH) && restricted.contains(CronField.DAY_OF_WEEK));
  }

  /** Whether every hour is named: such an expression follows real time, any other wall clocks. */
  boolean hasEveryHour() {
    return hours == (int) CronField.HOUR.all();
  }

  /** Whether it has only days that none of its months has, such as 30 February. */
  boolean isImpossible() {
    if (daysOr) {
      return false;
    }
    for (int month = 1; month <= 12; month++) {
      // 2024, since it was a leap year.
      if (((months >>> month) & 1) != 0 && days(2024, month, 0x7f, false) != 0) {
        return false;
      }
    }
    return true;
  }

  /** The first matching minute that is not before {@code minute}, or {@link #NEVER}. */
  long nextFrom(long minute) {
    long day = Math.floorDiv(minute, MINUTES_PER_DAY);
    LocalDate date = LocalDate.ofEpochDay(day);
    int year = date.getYear();
    int month = date.getMonthValue();
    long firstOfMonth = day - date.getDayOfMonth() + 1;
    long days = 0;
    if (((months >>> month) & 1) != 0) {
      days = days(year, month) & (-1L << date.getDayOfMonth());
      if (((days >>> date.getDayOfMonth()) & 1) != 0) {
        int ofDay = nextOfDay(Math.floorMod(minute, MINUTES_PER_DAY));
        if (ofDay >= 0) {
          return day * MINUTES_PER_DAY + ofDay;
        }
        days &= -2L << date.getDayOfMonth();
      }
    }
    for (int tried = 0; days == 0; tried++) {
      if (tried > HORIZON_MONTHS) {
        return NEVER;
      }
      firstOfMonth += YearMonth.of(year, month).lengthOfMonth();
      year += month / 12;
      month = month % 12 + 1;
      days = ((months >>> month) & 1) == 0 ? 0 : days(year, month);
    }
    return (firstOfMonth + Long.numberOfTrailingZeros(days) - 1) * MINUTES_PER_DAY + nextOfDay(0);
  }

  private long days(int year, int month) {
    return days(year, month, daysOfWeek, daysOr);
  }

  /** The matching days of a month: bit 1 for the first of it. */
  private long days(int year, int month, int week, boolean or) {
    YearMonth of = YearMonth.of(year, month);
    // 1970-01-01 was a Thursday.
    int first = Math.floorMod(of.atDay(1).toEpochDay() + 4, 7);
    int rotated = ((week >>> first) | (week << (7 - first))) & 0x7f;
    long byWeek = (rotated * WEEKS) << 1;
    long all = (-1L >>> (63 - of.lengthOfMonth())) & -2L;
    long byMonth = Integer.toUnsignedLong(daysOfMonth);
    return all & (or ? (byWeek | byMonth) : (byWeek & byMonth));
  }

  /** The first matching minute of a day from the given one on, or -1. */
  private int nextOfDay(int minuteOfDay) {
    int hour = minuteOfDay / 60;
    if (((hours >>> hour) & 1) != 0) {
      long left = minutes & (-1L << (minuteOfDay % 60));
      if (left != 0) {
        return hour * 60 + Long.numberOfTrailingZeros(left);
      }
    }
    int later = hours & (-2 << hour);
    return later == 0
        ? -1
        : Integer.numberOfTrailingZeros(later) * 60 + Long.numberOfTrailingZeros(minutes);
  }
}
