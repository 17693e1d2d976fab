package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.LastSkipped;
import io.scanwarden.api.v1alpha1.RecentRun;
import io.scanwarden.operator.observe.Notice;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.Durations;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is worth knowing of a schedule, whether it is Ready or not. Pure. */
final class Notices {
  static final String STUCK = "Stuck";
  static final String RUN_TOO_LONG = "RunTooLong";
  static final String OVERRUNNING = "Overrunning";
  static final String EXPIRES_SOON = "ExpiresSoon";
  static final String QUOTA_EXCEEDED = "QuotaExceeded";

  /** Fewer runs say nothing of those to come. */
  static final int ENOUGH_RUNS = 3;

  private static final Set<String> ENDS =
      Set.of(Ledger.SUCCEEDED, Ledger.PARTIALLY_SUCCEEDED, Ledger.FAILED);

  private Notices() {}

  /**
   * The notices about a schedule.
   *
   * @param recent the runs that started lately
   * @param coming the next instants at which one starts
   */
  static List<Notice> of(
      ScheduleSpec spec, Ageing ageing, List<RecentRun> recent, List<Instant> coming) {
    List<Notice> notices = new ArrayList<>();
    stuck(spec, ageing.stuck()).ifPresent(notices::add);
    overrunning(recent, coming).ifPresent(notices::add);
    if (ageing.expiresSoon()) {
      String end = spec.timeline().notAfter().map(Instant::toString).orElse("");
      notices.add(
          new Notice(EXPIRES_SOON, "NotAfterNear", "nothing is due after spec.notAfter, " + end));
    }
    return List.copyOf(notices);
  }

  /** There from a run that the tenant's quota refused until the next one that starts. */
  static Optional<Notice> quotaExceeded(
      @Nullable LastSkipped skipped, Optional<Instant> lastStarted) {
    if (skipped == null
        || !NotRunReason.QUOTA_EXCEEDED.toString().equals(skipped.reason())
        || lastStarted
            .filter(started -> started.isAfter(Times.parse(skipped.time()).orElse(Instant.MIN)))
            .isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new Notice(
            QUOTA_EXCEEDED, "RunRefused", Objects.requireNonNullElse(skipped.message(), "")));
  }

  private static Optional<Notice> stuck(ScheduleSpec spec, List<Run> stuck) {
    if (stuck.isEmpty()) {
      return Optional.empty();
    }
    Run longest = stuck.getFirst();
    String others = stuck.size() == 1 ? "" : "; so do " + (stuck.size() - 1) + " more";
    return Optional.of(
        new Notice(
            STUCK,
            RUN_TOO_LONG,
            "Job " + longest.name() + " " + tooLong(spec, longest.startTime()) + others));
  }

  /** What a run does that began then, and is stuck. */
  static String tooLong(ScheduleSpec spec, Instant since) {
    return "runs since "
        + since
        + ", for longer than spec.stuckAfter, "
        + Durations.format(spec.stuckAfter());
  }

  /** Whether runs usually take longer than the time from one to the next. */
  private static Optional<Notice> overrunning(List<RecentRun> recent, List<Instant> coming) {
    List<Duration> durations =
        recent.stream().flatMap(run -> duration(run).stream()).sorted().toList();
    Optional<Duration> interval = interval(coming);
    if (durations.size() < ENOUGH_RUNS || interval.isEmpty()) {
      return Optional.empty();
    }
    Duration median = median(durations);
    if (median.compareTo(interval.get()) <= 0) {
      return Optional.empty();
    }
    return Optional.of(
        new Notice(
            OVERRUNNING,
            "LongerThanInterval",
            "the median of the last %d runs, %s, is longer than the interval between two of them, %s: widen the interval, or split the targets; raise the pool's capacity only after that"
                .formatted(
                    durations.size(), Durations.format(median), Durations.format(interval.get()))));
  }

  private static Optional<Duration> duration(RecentRun run) {
    boolean finished = ENDS.contains(Objects.requireNonNullElse(run.result(), ""));
    Optional<Instant> start = Times.parse(run.startTime());
    Optional<Instant> end = Times.parse(run.completionTime());
    return finished && start.isPresent() && end.isPresent()
        ? Optional.of(Duration.between(start.get(), end.get())).filter(d -> !d.isNegative())
        : Optional.empty();
  }

  private static Duration median(List<Duration> sorted) {
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : sorted.get(half - 1).plus(sorted.get(half)).dividedBy(2);
  }

  private static Optional<Duration> interval(List<Instant> coming) {
    Optional<Duration> shortest = Optional.empty();
    for (int i = 1; i < coming.size(); i++) {
      Duration gap = Duration.between(coming.get(i - 1), coming.get(i));
      if (shortest.filter(s -> s.compareTo(gap) <= 0).isEmpty()) {
        shortest = Optional.of(gap);
      }
    }
    return shortest;
  }
}
