package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.time.Durations;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.Occurrence;
import io.scanwarden.operator.time.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.stream.IntStream;

/** What is to be said of a spec before it is stored: what the reconciler would find, and more. */
public final class SpecCheck {
  /** So many instants are looked at for the shortest interval. */
  private static final int INSTANTS = 100;

  private final InstantSource clock;
  private final Function<String, OptionalInt> activeJobs;

  /**
   * Checks specs.
   *
   * @param activeJobs the limit of the tenant that a namespace belongs to; empty without one
   */
  public SpecCheck(InstantSource clock, Function<String, OptionalInt> activeJobs) {
    this.clock = clock;
    this.activeJobs = activeJobs;
  }

  /**
   * Checks the spec of a schedule.
   *
   * @return what its author should know, though it is valid: at most 120 characters each, as
   *     Kubernetes recommends for warnings
   * @throws InvalidScheduleException if the schedule would not be ready for it
   */
  public List<String> check(String namespace, String name, RawJson json)
      throws InvalidScheduleException {
    ScheduleSpec spec = SpecReader.read(new ScheduleKey(namespace, name), json);
    Instant now = clock.instant();
    List<String> warnings = new ArrayList<>();
    if (spec.timeline().nextRun(now).isEmpty()) {
      warnings.add("spec: nothing is due any more: all its times are past or excluded");
    }
    tooLong(spec, now).ifPresent(warnings::add);
    tooMany(spec, activeJobs.apply(namespace)).ifPresent(warnings::add);
    return List.copyOf(warnings);
  }

  /** A run may still be active when the next is due. */
  private static Optional<String> tooLong(ScheduleSpec spec, Instant now) {
    if (spec.concurrencyPolicy() == ConcurrencyPolicy.ALLOW) {
      return Optional.empty();
    }
    Optional<Duration> stuckAfter =
        Optional.of(spec.stuckAfter()).filter(d -> !d.equals(ScheduleSpec.STUCK_AFTER));
    String field = spec.timeout().isPresent() ? "spec.timeout" : "spec.stuckAfter";
    Optional<Duration> longest = spec.timeout().or(() -> stuckAfter);
    if (longest.isEmpty()) {
      return Optional.empty();
    }
    return shortestInterval(spec.timeline(), now)
        .filter(interval -> longest.get().compareTo(interval) > 0)
        .map(
            interval ->
                "%s: %s is longer than the shortest interval, %s: what is due meanwhile %s"
                    .formatted(
                        field,
                        Durations.format(longest.get()),
                        Durations.format(interval),
                        meanwhile(spec.concurrencyPolicy())));
  }

  private static String meanwhile(ConcurrencyPolicy policy) {
    return switch (policy) {
      case FORBID -> "is dropped";
      case QUEUE -> "waits";
      case REPLACE -> "ends it";
      case ALLOW -> "runs too";
    };
  }

  private static Optional<Duration> shortestInterval(Timeline timeline, Instant now) {
    List<Instant> due = new ArrayList<>();
    Optional<Occurrence> next = timeline.next(now);
    for (int i = 0; i < INSTANTS && next.isPresent(); i++) {
      if (!next.get().excluded()) {
        due.add(next.get().instant());
      }
      next = timeline.next(next.get().instant());
    }
    return IntStream.range(1, due.size())
        .mapToObj(i -> Duration.between(due.get(i - 1), due.get(i)))
        .min(Comparator.naturalOrder());
  }

  /** A quota takes the Jobs of a run whole or not at all. */
  private static Optional<String> tooMany(ScheduleSpec spec, OptionalInt limit) {
    int jobs = spec.targets().size();
    return limit.isPresent() && jobs > limit.getAsInt()
        ? Optional.of(
            "spec.targets: a run of %d Jobs never starts: the tenant quota's limit of activeJobs is %d"
                .formatted(jobs, limit.getAsInt()))
        : Optional.empty();
  }
}
