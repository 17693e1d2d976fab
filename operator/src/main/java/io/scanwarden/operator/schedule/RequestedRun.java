package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Marks;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What the annotation that asks for a run amounts to. A value counts once: one that is not newer
 * than the last handled, or older than the schedule, is ignored, so that a tool that restores or
 * reverts annotations causes nothing.
 */
sealed interface RequestedRun {
  /** How far the requester's clock may be ahead. */
  Duration AHEAD = Duration.ofMinutes(1);

  /** Nothing is asked for, or nothing new. */
  record None() implements RequestedRun {}

  /** A run is asked for. */
  record Wanted(Instant time) implements RequestedRun {}

  /** What is asked for cannot be, and its author should know. */
  record Ignored(String problem) implements RequestedRun {}

  /**
   * What the annotation amounts to now.
   *
   * @param requested the annotation's value
   * @param created when the schedule was
   * @param lastHandled the time of the last request that was handled
   */
  static RequestedRun of(
      Optional<String> requested, Instant created, Optional<Instant> lastHandled, Instant now) {
    if (requested.isEmpty()) {
      return new None();
    }
    Optional<Instant> time = Times.parse(requested.get());
    if (time.isEmpty()) {
      return ignored(requested.get(), "must be an RFC 3339 time such as 2027-01-31T03:00:00Z");
    }
    if (time.get().isBefore(created)
        || lastHandled.filter(handled -> !time.get().isAfter(handled)).isPresent()) {
      return new None();
    }
    if (time.get().isAfter(now.plus(AHEAD))) {
      return ignored(requested.get(), "is more than a minute ahead of the operator's clock");
    }
    return new Wanted(time.get());
  }

  private static Ignored ignored(String value, String problem) {
    return new Ignored("annotation %s: \"%s\" %s".formatted(Marks.REQUESTED_AT, value, problem));
  }
}
