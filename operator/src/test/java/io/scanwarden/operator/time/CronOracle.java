package io.scanwarden.operator.time;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneRules;
import java.util.BitSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The rules of cron and of daylight saving time, as slowly and plainly as they can be said: every
 * minute is looked at. Shares nothing with the code under test.
 */
record CronOracle(
    BitSet minutes,
    BitSet hours,
    BitSet daysOfMonth,
    boolean anyDayOfMonth,
    BitSet months,
    BitSet daysOfWeek,
    boolean anyDayOfWeek) {

  /** All that fires from (inclusive) to (exclusive). */
  NavigableSet<Instant> fires(
      Instant from, Instant to, ZoneId zone, GapPolicy gap, OverlapPolicy overlap) {
    ZoneRules rules = zone.getRules();
    NavigableSet<Instant> fires =
        hours.cardinality() == 24
            ? realMinutes(from, to, rules)
            : wallMinutes(from, to, rules, gap, overlap);
    return fires.subSet(from, true, to, false);
  }

  private NavigableSet<Instant> realMinutes(Instant from, Instant to, ZoneRules rules) {
    NavigableSet<Instant> fires = new TreeSet<>();
    long first = Math.floorDiv(from.getEpochSecond(), 60L) * 60;
    for (long second = first; second < to.getEpochSecond(); second += 60) {
      Instant instant = Instant.ofEpochSecond(second);
      LocalDateTime reading = LocalDateTime.ofInstant(instant, rules.getOffset(instant));
      if (matches(reading.toLocalDate()) && matches(reading.toLocalTime())) {
        fires.add(instant);
      }
    }
    return fires;
  }

  private NavigableSet<Instant> wallMinutes(
      Instant from, Instant to, ZoneRules rules, GapPolicy gap, OverlapPolicy overlap) {
    NavigableSet<Instant> fires = new TreeSet<>();
    List<LocalTime> times =
        IntStream.range(0, 1440)
            .mapToObj(minute -> LocalTime.of(minute / 60, minute % 60))
            .filter(this::matches)
            .toList();
    LocalDate last = LocalDate.ofInstant(to, ZoneOffset.UTC).plusDays(2);
    LocalDate date = LocalDate.ofInstant(from, ZoneOffset.UTC).minusDays(2);
    for (; date.isBefore(last); date = date.plusDays(1)) {
      if (!matches(date)) {
        continue;
      }
      for (LocalTime time : times) {
        LocalDateTime local = date.atTime(time);
        List<ZoneOffset> valid = rules.getValidOffsets(local);
        if (valid.isEmpty()) {
          if (gap == GapPolicy.SHIFT) {
            fires.add(rules.getTransition(local).getInstant());
          }
        } else {
          fires.add(local.toInstant(valid.getFirst()));
          if (overlap == OverlapPolicy.BOTH) {
            fires.add(local.toInstant(valid.getLast()));
          }
        }
      }
    }
    return fires;
  }

  private boolean matches(LocalTime time) {
    return minutes.get(time.getMinute()) && hours.get(time.getHour());
  }

  private boolean matches(LocalDate date) {
    boolean dayOfMonth = daysOfMonth.get(date.getDayOfMonth());
    boolean dayOfWeek = daysOfWeek.get(date.getDayOfWeek().getValue() % 7);
    boolean either = !anyDayOfMonth && !anyDayOfWeek;
    boolean day = either ? (dayOfMonth || dayOfWeek) : (dayOfMonth && dayOfWeek);
    return day && months.get(date.getMonthValue());
  }
}
