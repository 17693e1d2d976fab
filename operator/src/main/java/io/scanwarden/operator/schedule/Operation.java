package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Run;

/**
 * A request to the API server that a schedule needs now; its outcome is told to the {@link
 * ScheduleState}.
 */
sealed interface Operation {
  /** Create the Job of a claim under this name. */
  record Create(ScheduleSnapshot schedule, Claim claim, String name) implements Operation {
    /** Which of the claim's Jobs it is. */
    AttemptKey job() {
      return claim.next();
    }
  }

  /** Find out whether the Job that an unanswered create was for exists under its name. */
  record Find(Create create) implements Operation {}

  /** Ask the API server, by a dry run, whether it would take the template's Jobs. */
  record CheckTemplate(ScheduleSnapshot schedule) implements Operation {}

  /** Delete a Job. */
  record Delete(Run run, boolean foreground) implements Operation {}

  /** Find out whether Pods of a Job that is gone are still there. */
  record CheckPods(Run run) implements Operation {}

  /** Find out why a Job has no Pods. */
  record ExplainPods(Run run) implements Operation {}

  /** Find out whether a Job that was created, but never seen by the watch, still exists. */
  record Verify(Run run) implements Operation {}
}
