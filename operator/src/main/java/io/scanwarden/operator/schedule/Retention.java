package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which finished Jobs are no longer kept: beyond the history limits, the oldest first, or past
 * ttlSecondsAfterFinished. Only what the status is known to have recorded is ever deleted.
 */
record Retention(List<Run> expired, Optional<Instant> nextExpiry) {

  /**
   * What is to be deleted now, and when something will be next.
   *
   * @param runs the runs whose Jobs exist
   * @param deletable the UIDs of those that are recorded and not being deleted
   */
  static Retention of(ScheduleSpec spec, Collection<Run> runs, Set<String> deletable, Instant now) {
    List<Run> expired = new ArrayList<>();
    surplus(runs, Run.Phase.SUCCEEDED, spec.successfulJobsHistoryLimit()).forEach(expired::add);
    surplus(runs, Run.Phase.FAILED, spec.failedJobsHistoryLimit()).forEach(expired::add);
    Optional<Instant> next = Optional.empty();
    if (spec.ttl().isPresent()) {
      Duration ttl = spec.ttl().get();
      for (Run run : runs) {
        if (!run.finished() || expired.contains(run)) {
          continue;
        }
        Instant expiry = run.endTime().plus(ttl);
        if (!expiry.isAfter(now)) {
          expired.add(run);
        } else if (next.isEmpty() || expiry.isBefore(next.get())) {
          next = Optional.of(expiry);
        }
      }
    }
    expired.removeIf(run -> run.deleting() || !deletable.contains(run.uid()));
    return new Retention(List.copyOf(expired), next);
  }

  private static List<Run> surplus(Collection<Run> runs, Run.Phase phase, int limit) {
    List<Run> finished =
        runs.stream()
            .filter(run -> run.phase() == phase)
            .sorted(Comparator.comparing(Run::startTime).thenComparing(Run::name))
            .toList();
    return finished.subList(0, Math.max(0, finished.size() - limit));
  }
}
