package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Marks;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

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

  /**
   * A run is asked for.
   *
   * @param targets those to run for, in the order of the spec; none for all
   */
  record Wanted(Instant time, List<String> targets) implements RequestedRun {
    public Wanted {
      targets = List.copyOf(targets);
    }
  }

  /** What is asked for cannot be, and its author should know. */
  record Ignored(String problem) implements RequestedRun {}

  /**
   * What the annotation amounts to now.
   *
   * @param requested the annotation's value
   * @param targets the value of the annotation that chooses targets
   * @param known the schedule's targets
   * @param created when the schedule was
   * @param lastHandled the time of the last request that was handled
   */
  static RequestedRun of(
      Optional<String> requested,
      Optional<String> targets,
      List<String> known,
      Instant created,
      Optional<Instant> lastHandled,
      Instant now) {
    if (requested.isEmpty()) {
      return new None();
    }
    Optional<Instant> time = Times.parse(requested.get());
    if (time.isEmpty()) {
      return ignored(
          Marks.REQUESTED_AT,
          requested.get(),
          "must be an RFC 3339 time such as 2027-01-31T03:00:00Z");
    }
    if (time.get().isBefore(created)
        || lastHandled.filter(handled -> !time.get().isAfter(handled)).isPresent()) {
      return new None();
    }
    if (time.get().isAfter(now.plus(AHEAD))) {
      return ignored(
          Marks.REQUESTED_AT,
          requested.get(),
          "is more than a minute ahead of the operator's clock");
    }
    Set<String> chosen = new TreeSet<>();
    targets.ifPresent(
        list -> Arrays.stream(list.split(",")).map(String::strip).forEach(chosen::add));
    chosen.remove("");
    if (!known.containsAll(chosen)) {
      return ignored(Marks.REQUESTED_TARGETS, targets.get(), unknown(chosen, known));
    }
    return new Wanted(time.get(), known.stream().filter(chosen::contains).toList());
  }

  private static String unknown(Set<String> chosen, List<String> known) {
    return known.equals(ScheduleSpec.NO_TARGETS)
        ? "chooses among targets, and the schedule has none"
        : "has %s, allowed are the names of spec.targets: %s"
            .formatted(
                chosen.stream().filter(t -> !known.contains(t)).collect(Collectors.joining(", ")),
                String.join(", ", known));
  }

  private static Ignored ignored(String annotation, String value, String problem) {
    return new Ignored("annotation %s: \"%s\" %s".formatted(annotation, value, problem));
  }
}
