package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.Backfill;
import io.scanwarden.operator.time.Timeline;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a backfill is: the instants of a past interval, accepted in their order, each once.
 *
 * @param interval the annotation's value as it was written
 * @param from where the interval begins, inclusive
 * @param to where it ends, inclusive
 * @param cursor the instant up to which all are accepted; empty before the first is
 * @param accepted how many are: their runs wait, run or are over, or they had a Job already
 * @param total how many there are
 */
record BackfillProgress(
    String interval, Instant from, Instant to, Optional<Instant> cursor, int accepted, int total) {
  /** One backfill has no more. */
  static final int MAX_INSTANTS = 1_000;

  /** With the policy Allow, so many of its runs are under way at once; otherwise one. */
  static final int AT_ONCE = 5;

  /**
   * An interval of which nothing is accepted and nothing counted yet.
   *
   * @return empty where it is not two RFC 3339 times with a slash between
   */
  static Optional<BackfillProgress> parse(@Nullable String interval) {
    String text = Objects.requireNonNullElse(interval, "");
    int slash = text.indexOf('/');
    if (slash < 0) {
      return Optional.empty();
    }
    Optional<Instant> from = Times.parse(text.substring(0, slash));
    Optional<Instant> to = Times.parse(text.substring(slash + 1));
    return from.isEmpty() || to.isEmpty()
        ? Optional.empty()
        : Optional.of(new BackfillProgress(text, from.get(), to.get(), Optional.empty(), 0, 0));
  }

  /** What a status tells; what cannot be understood, is none. */
  static Optional<BackfillProgress> of(@Nullable Backfill status) {
    if (status == null) {
      return Optional.empty();
    }
    int accepted = Math.max(0, Objects.requireNonNullElse(status.accepted(), 0));
    int counted = Objects.requireNonNullElse(status.total(), accepted);
    int total = Math.max(accepted, Math.min(counted, MAX_INSTANTS));
    Optional<Instant> cursor = Times.parse(status.cursor());
    return parse(status.interval())
        .map(b -> new BackfillProgress(b.interval, b.from, b.to, cursor, accepted, total));
  }

  /** Whether it is the backfill of the same value. */
  boolean isOf(@Nullable BackfillProgress other) {
    return other != null && interval.equals(other.interval);
  }

  /** Whether instants are left to be accepted. */
  boolean isUnderWay() {
    return accepted < total;
  }

  /** Whether the interval has the instant. */
  boolean covers(Instant instant) {
    return !instant.isBefore(from) && !instant.isAfter(to);
  }

  /** Whether the instant, if it is one of the schedule, is still to be accepted. */
  boolean isAhead(Instant instant) {
    return isUnderWay()
        && covers(instant)
        && cursor.filter(until -> !instant.isAfter(until)).isEmpty();
  }

  /** The next instant to accept; excluded ones are none. */
  Optional<Instant> next(Timeline timeline) {
    return isUnderWay() ? next(timeline, cursor.orElse(from.minusNanos(1))) : Optional.empty();
  }

  private Optional<Instant> next(Timeline timeline, Instant after) {
    return timeline.nextRun(after).map(o -> o.instant()).filter(time -> !time.isAfter(to));
  }

  /** That one is accepted, too. */
  BackfillProgress accept(Instant instant) {
    return new BackfillProgress(
        interval, from, to, Optional.of(instant), accepted + 1, Math.max(total, accepted + 1));
  }

  /** No instant is left, whatever was counted before. */
  BackfillProgress complete() {
    return new BackfillProgress(interval, from, to, cursor, accepted, accepted);
  }

  /**
   * The same with as many instants in all as that timeline leaves, but no more than one beyond
   * {@link #MAX_INSTANTS}.
   */
  BackfillProgress counted(Timeline timeline) {
    int count = accepted;
    Optional<Instant> next = next(timeline, cursor.orElse(from.minusNanos(1)));
    while (next.isPresent() && count <= MAX_INSTANTS) {
      count++;
      next = next(timeline, next.get());
    }
    return new BackfillProgress(interval, from, to, cursor, accepted, count);
  }

  /** After an edit it goes on with the instants of the new timeline, and does not grow too long. */
  BackfillProgress under(Timeline timeline) {
    if (!isUnderWay()) {
      return this;
    }
    int count = Math.min(counted(timeline).total, MAX_INSTANTS);
    return new BackfillProgress(interval, from, to, cursor, accepted, Math.max(accepted, count));
  }
}
