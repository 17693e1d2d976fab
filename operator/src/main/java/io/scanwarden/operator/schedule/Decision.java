package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;
import java.util.List;

/** What the planner decides, in the order in which it is to be done. */
sealed interface Decision {
  /** An instant behind the cursor already has its Job: nothing to do. */
  record Found(Instant instant) implements Decision {}

  /** The run will never start. */
  record Drop(RunKey key, Trigger trigger, NotRunReason reason, String message)
      implements Decision {}

  /** The run waits in the queue, if only for its Job to be created. */
  record Accept(Claim claim) implements Decision {}

  /**
   * The request is accepted or dropped, as the decision before says: its value counts as handled.
   */
  record Handle(Instant request) implements Decision {}

  /**
   * This active run gives way to a newer one: record that, then delete its Jobs. Nothing more of it
   * starts.
   */
  record Replace(RunKey run, List<Run> jobs) implements Decision {
    public Replace {
      jobs = List.copyOf(jobs);
    }
  }

  /** What is left of a run that has begun will never start: it ends with what it has. */
  record GiveUp(Claim claim, String message) implements Decision {}

  /** Find out whether the Job of this claim exists: an earlier create was not answered. */
  record Find(Claim claim) implements Decision {}

  /** Create the Job of this claim now. */
  record Start(Claim claim) implements Decision {}

  /** Delete the Job of a run whose end, or replacement, is recorded. */
  record Delete(Run run, boolean foreground) implements Decision {}
}
