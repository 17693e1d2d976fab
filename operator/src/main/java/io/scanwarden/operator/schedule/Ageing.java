package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * What time alone brings about: runs that take too long, and the end of a schedule.
 *
 * @param stuck the unfinished runs that take longer than stuckAfter, the longest first
 * @param expiresSoon whether notAfter is near, and something is still due
 * @param nextAt when it will be different if nothing happens before; {@link Instant#MAX} for never
 */
record Ageing(List<Run> stuck, boolean expiresSoon, Instant nextAt) {
  /** notAfter is near in the last tenth of a schedule's validity, but for no longer than this. */
  static final Duration SOON = Duration.ofDays(7);

  private static final int TENTH = 10;

  /**
   * How things stand at a moment.
   *
   * @param created when the schedule was made
   * @param cursor the instant up to which all is decided
   * @param runs the runs whose Jobs exist
   */
  static Ageing of(
      ScheduleSpec spec, Instant created, Instant cursor, Collection<Run> runs, Instant now) {
    List<Run> stuck = new ArrayList<>();
    Instant nextAt = Instant.MAX;
    for (Run run : runs) {
      if (!run.finished() && !run.suspended()) {
        Instant stuckAt = run.startTime().plus(spec.stuckAfter());
        if (!stuckAt.isAfter(now)) {
          stuck.add(run);
        } else if (stuckAt.isBefore(nextAt)) {
          nextAt = stuckAt;
        }
      }
    }
    stuck.sort(Run.OLDEST_FIRST);
    boolean expiresSoon = false;
    Optional<Instant> end = spec.suspend() ? Optional.empty() : spec.timeline().notAfter();
    if (end.filter(now::isBefore).isPresent()) {
      Instant soonAt = soonAt(spec, created, end.get());
      expiresSoon = !soonAt.isAfter(now) && spec.timeline().nextRun(cursor).isPresent();
      Instant changeAt = soonAt.isAfter(now) ? soonAt : end.get();
      nextAt = changeAt.isBefore(nextAt) ? changeAt : nextAt;
    }
    return new Ageing(List.copyOf(stuck), expiresSoon, nextAt);
  }

  private static Instant soonAt(ScheduleSpec spec, Instant created, Instant end) {
    Instant begin = spec.timeline().notBefore().filter(created::isBefore).orElse(created);
    Duration tenth = Duration.between(begin, end).dividedBy(TENTH);
    if (tenth.isNegative()) {
      return end;
    }
    return end.minus(tenth.compareTo(SOON) < 0 ? tenth : SOON);
  }
}
