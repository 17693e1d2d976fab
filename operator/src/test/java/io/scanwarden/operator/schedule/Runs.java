package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;
import java.util.Optional;

/** Runs for tests, named after the second at which they were due. */
final class Runs {
  static final String SCHEDULE_UID = "schedule-uid";

  private Runs() {}

  static String uid(long instant) {
    return "uid-" + instant;
  }

  static Run active(long instant) {
    return run(instant, 1, Run.Phase.ACTIVE, false);
  }

  static Run finished(long instant, Run.Phase phase) {
    return run(instant, 2, phase, false);
  }

  static Run suspended(long instant) {
    Run run = active(instant);
    return new Run(
        run.scheduleUid(),
        run.name(),
        run.uid(),
        run.version(),
        run.key(),
        run.trigger(),
        run.target(),
        run.attempt(),
        run.phase(),
        true,
        false,
        false,
        false,
        run.pool(),
        0,
        run.created(),
        run.admitted(),
        run.started(),
        run.completed(),
        "");
  }

  /** A run that makes up for the one that was due at that second. */
  static Run backfill(long instant, Run.Phase phase) {
    Run run = run(instant, phase == Run.Phase.ACTIVE ? 1 : 2, phase, false);
    return new Run(
        run.scheduleUid(),
        run.name(),
        "backfill-" + run.uid(),
        run.version(),
        new RunKey.Backfill(run.key().time()),
        Trigger.BACKFILL,
        run.target(),
        run.attempt(),
        run.phase(),
        false,
        false,
        false,
        run.hadPods(),
        run.pool(),
        run.slots(),
        run.created(),
        run.admitted(),
        run.started(),
        run.completed(),
        run.message());
  }

  /** The same run's Job for that target. */
  static Run ofTarget(Run run, String target) {
    return new Run(
        run.scheduleUid(),
        run.name() + "-" + target,
        run.uid() + "-" + target,
        run.version(),
        run.key(),
        run.trigger(),
        target,
        run.attempt(),
        run.phase(),
        run.suspended(),
        run.deleting(),
        run.foreground(),
        run.hadPods(),
        run.pool(),
        run.slots(),
        run.created(),
        run.admitted(),
        run.started(),
        run.completed(),
        run.message());
  }

  static Run run(long instant, long version, Run.Phase phase, boolean foreground) {
    Instant time = Instant.ofEpochSecond(instant);
    boolean ended = phase != Run.Phase.ACTIVE;
    return new Run(
        SCHEDULE_UID,
        "scan-" + instant,
        uid(instant),
        version,
        new RunKey.Clock(time),
        Trigger.EVERY,
        "",
        1,
        phase,
        false,
        foreground,
        foreground,
        ended,
        Optional.empty(),
        ended ? 0 : 1,
        time,
        time,
        Optional.of(time),
        ended ? Optional.of(time.plusSeconds(5)) : Optional.empty(),
        phase == Run.Phase.FAILED ? "BackoffLimitExceeded" : "");
  }
}
