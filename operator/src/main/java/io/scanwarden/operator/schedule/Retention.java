package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Of which runs the Jobs are no longer kept: beyond the history limits, the oldest first, or past
 * ttlSecondsAfterFinished. Only what the status is known to have recorded is ever deleted.
 */
record Retention(List<Run> expired, Optional<Instant> nextExpiry) {
  /** The Jobs of a run that is over. */
  private record Past(List<Run> jobs) {
    /** Whether the last attempt at each target succeeded. */
    boolean succeeded() {
      Map<String, Run> last = new HashMap<>();
      jobs.forEach(job -> last.merge(job.target(), job, Past::later));
      return last.values().stream().allMatch(job -> job.phase() == Run.Phase.SUCCEEDED);
    }

    private static Run later(Run a, Run b) {
      return a.attempt() > b.attempt() ? a : b;
    }

    Instant start() {
      return jobs.stream().map(Run::startTime).min(Instant::compareTo).orElseThrow();
    }

    Instant end() {
      return jobs.stream().map(Run::endTime).max(Instant::compareTo).orElseThrow();
    }

    String name() {
      return jobs.getFirst().name();
    }
  }

  /**
   * What is to be deleted now, and when something will be next.
   *
   * @param jobs those that exist, but those of runs that go on without any of them
   * @param deletable the UIDs of those that are recorded and not being deleted
   */
  static Retention of(ScheduleSpec spec, Collection<Run> jobs, Set<String> deletable, Instant now) {
    List<Past> runs =
        jobs.stream().collect(Collectors.groupingBy(Run::key)).values().stream()
            .filter(run -> run.stream().allMatch(Run::finished))
            .map(Past::new)
            .sorted(Comparator.comparing(Past::start).thenComparing(Past::name))
            .toList();
    List<Past> expired = new ArrayList<>();
    expired.addAll(surplus(runs, true, spec.successfulJobsHistoryLimit()));
    expired.addAll(surplus(runs, false, spec.failedJobsHistoryLimit()));
    Optional<Instant> next = Optional.empty();
    if (spec.ttl().isPresent()) {
      Duration ttl = spec.ttl().get();
      for (Past run : runs) {
        Instant expiry = run.end().plus(ttl);
        if (expired.contains(run)) {
          continue;
        }
        if (!expiry.isAfter(now)) {
          expired.add(run);
        } else if (next.isEmpty() || expiry.isBefore(next.get())) {
          next = Optional.of(expiry);
        }
      }
    }
    List<Run> deleted =
        expired.stream()
            .flatMap(run -> run.jobs().stream())
            .filter(job -> !job.deleting() && deletable.contains(job.uid()))
            .toList();
    return new Retention(deleted, next);
  }

  private static List<Past> surplus(List<Past> runs, boolean succeeded, int limit) {
    List<Past> kind = runs.stream().filter(run -> run.succeeded() == succeeded).toList();
    return kind.subList(0, Math.max(0, kind.size() - limit));
  }
}
