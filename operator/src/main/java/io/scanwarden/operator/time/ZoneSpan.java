package io.scanwarden.operator.time;

import java.time.Instant;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * A stretch of real time in which a zone keeps its offset from UTC: from {@code start} (inclusive)
 * to {@code end} (exclusive), both real seconds since the epoch; the offsets before, in and after
 * it in seconds. "Local" seconds are what the zone's clocks read, counted as if they were UTC.
 */
record ZoneSpan(long start, long end, int before, int offset, int after) {

  static ZoneSpan at(ZoneRules rules, long second) {
    Instant instant = Instant.ofEpochSecond(second);
    int offset = rules.getOffset(instant).getTotalSeconds();
    if (rules.isFixedOffset()) {
      return new ZoneSpan(Long.MIN_VALUE, Long.MAX_VALUE, offset, offset, offset);
    }
    ZoneOffsetTransition first = rules.previousTransition(instant.plusSeconds(1));
    ZoneOffsetTransition last = rules.nextTransition(instant);
    return new ZoneSpan(
        first == null ? Long.MIN_VALUE : first.toEpochSecond(),
        last == null ? Long.MAX_VALUE : last.toEpochSecond(),
        first == null ? offset : first.getOffsetBefore().getTotalSeconds(),
        offset,
        last == null ? offset : last.getOffsetAfter().getTotalSeconds());
  }

  /** Whether the local second is read for the second time in this span. */
  boolean isSecondPass(long local) {
    return before > offset && local < start + before;
  }

  /** Whether the local second will be read again in the next span. */
  boolean isFirstPass(long local) {
    return after < offset && local >= end + after;
  }

  /** Whether the clocks were set forward at the start of this span. */
  boolean startsWithGap() {
    return before < offset;
  }

  boolean endsWithGap() {
    return offset < after;
  }
}
