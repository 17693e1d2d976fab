package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.time.Timeline;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * What the annotation that asks for a backfill amounts to. A value counts once, until another one
 * has counted, so that a tool that removes and restores the annotation causes nothing.
 */
sealed interface BackfillRequest {
  /** So much of a value is shown and remembered, where it is ignored. */
  int SHOWN = 100;

  /** Nothing is asked for. */
  record None() implements BackfillRequest {}

  /** A backfill is asked for. */
  record Wanted(BackfillProgress backfill) implements BackfillRequest {}

  /** What is asked for cannot be, and its author should know. */
  record Ignored(String shown, String problem) implements BackfillRequest {}

  /** What the annotation amounts to now; values that were seen before are not asked about. */
  static BackfillRequest of(Optional<String> value, Timeline timeline, Instant now) {
    if (value.isEmpty()) {
      return new None();
    }
    Optional<BackfillProgress> parsed = BackfillProgress.parse(value.get());
    if (parsed.isEmpty()) {
      return ignored(
          value.get(),
          "must be two RFC 3339 times such as 2027-01-30T00:00:00Z/2027-01-31T00:00:00Z");
    }
    BackfillProgress interval = parsed.get();
    if (!interval.from().isBefore(interval.to())) {
      return ignored(value.get(), "does not end after it begins; allowed is a from before its to");
    }
    if (interval.to().isAfter(now)) {
      return ignored(
          value.get(),
          "ends in the future; allowed is a to that is not after the operator's clock, "
              + now.truncatedTo(ChronoUnit.SECONDS));
    }
    BackfillProgress counted = interval.counted(timeline);
    if (counted.total() == 0) {
      return ignored(
          value.get(),
          "has no instant of the schedule that is not excluded; allowed are 1 to "
              + BackfillProgress.MAX_INSTANTS);
    }
    if (counted.total() > BackfillProgress.MAX_INSTANTS) {
      return ignored(
          value.get(),
          "has more than %d instants of the schedule; allowed are 1 to %d"
              .formatted(BackfillProgress.MAX_INSTANTS, BackfillProgress.MAX_INSTANTS));
    }
    return new Wanted(counted);
  }

  /** The value, cut where it is too long. */
  static String shown(String value) {
    return value.length() <= SHOWN
        ? value
        : value.substring(
            0, Character.isHighSurrogate(value.charAt(SHOWN - 1)) ? SHOWN - 1 : SHOWN);
  }

  private static Ignored ignored(String value, String problem) {
    return new Ignored(
        shown(value), "annotation %s: \"%s\" %s".formatted(Marks.BACKFILL, shown(value), problem));
  }
}
