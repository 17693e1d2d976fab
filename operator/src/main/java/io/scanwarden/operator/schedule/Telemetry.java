package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.Verdict;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import java.time.Duration;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells users and operators what happens to schedules: Events, metrics, log lines. Never blocks.
 */
final class Telemetry {
  private static final Logger log = LoggerFactory.getLogger(Telemetry.class);
  private static final String STARTING = "StartRun";
  private static final String FOLLOWING = "FollowRun";
  private static final String CHECKING = "CheckSchedule";

  private final EventRecorder events;
  private final Metrics metrics;

  Telemetry(EventRecorder events, Metrics metrics) {
    this.events = events;
    this.metrics = metrics;
  }

  /** A Job was created, that long after it was due. */
  void started(ScheduleReading schedule, Run run, Duration late) {
    metrics.runStarted(late);
    normal(schedule, "RunStarted", STARTING, "Created Job " + run.name());
  }

  /** A Job has ended, and no other attempt follows. */
  void finished(ScheduleReading schedule, Run run) {
    if (run.phase() == Run.Phase.SUCCEEDED) {
      normal(schedule, "RunSucceeded", FOLLOWING, "Job " + run.name() + " succeeded");
    } else {
      warning(schedule, "RunFailed", FOLLOWING, "Job " + run.name() + " failed: " + run.message());
    }
  }

  /** A Job has failed, and another attempt follows. */
  void retrying(ScheduleReading schedule, Run run) {
    metrics.runRetried();
    warning(
        schedule,
        "RunRetried",
        FOLLOWING,
        "Job %s failed, and attempt %d follows: %s"
            .formatted(run.name(), run.attempt() + 1, run.message()));
  }

  /** What is left of a run that has begun will not start. */
  void givenUp(ScheduleReading schedule, Claim claim, String message) {
    String what =
        claim.isRetry()
            ? "Attempt " + claim.attempt() + " at"
            : "What is left (" + claim.targets().size() + " Jobs) of";
    warning(
        schedule,
        "RunGivenUp",
        FOLLOWING,
        "%s the run of %s is not started: %s".formatted(what, claim.key().time(), message));
  }

  /** All Jobs of a run have ended, or are gone. */
  void over(ScheduleReading schedule, RunKey run, String result) {
    metrics.runFinished(result);
    log.debug("the run of {} is over: {}", run.time(), result);
  }

  void replaced(ScheduleReading schedule, Decision.Replace replace) {
    metrics.runFinished(Ledger.REPLACED);
    String jobs = replace.jobs().stream().map(Run::name).collect(Collectors.joining(", "));
    normal(
        schedule,
        "RunReplaced",
        FOLLOWING,
        jobs.isEmpty()
            ? "The run of " + replace.run().time() + " gives way to a newer one"
            : "Job " + jobs + " gives way to a newer run");
  }

  /** Somebody deleted a Job; whether its run is over by that is told by {@link #over}. */
  void deleted(ScheduleReading schedule, Run run) {
    warning(
        schedule,
        "RunDeleted",
        FOLLOWING,
        "Job " + run.name() + " was deleted before it had ended");
  }

  /**
   * A run will not start.
   *
   * @param news whether the reason is another than that of the run before: only then users get an
   *     Event
   */
  void dropped(ScheduleReading schedule, Decision.Drop drop, boolean news) {
    metrics.runsNotStarted(drop.reason().toString(), 1);
    if (news) {
      warning(
          schedule, drop.reason().toString(), STARTING, "A run was not started: " + drop.message());
    }
  }

  /** A run has come to wait for its pool, or does so for another reason. */
  void waits(ScheduleReading schedule, Claim claim) {
    metrics.runWaits(claim.reason().toString());
    normal(
        schedule,
        claim.reason().toString(),
        STARTING,
        "The run of %s waits: %s".formatted(claim.key().time(), claim.reason().sentence()));
  }

  /** A create failed; what waits is tried again. */
  void createFailed(ScheduleReading schedule, CreateFailure failure, boolean news) {
    if (news) {
      warning(
          schedule,
          WaitReason.CREATE_FAILED.toString(),
          STARTING,
          "A Job could not be created: " + failure.message());
    }
  }

  void podsNotCreated(ScheduleReading schedule, Run run, String message) {
    warning(
        schedule,
        ScheduleState.PODS_NOT_CREATED,
        FOLLOWING,
        "Job " + run.name() + " has no Pods: " + message);
  }

  /** A run takes longer than stuckAfter. */
  void stuck(ScheduleReading schedule, Run run) {
    metrics.runStuck();
    String tooLong =
        schedule.snapshot().map(s -> Notices.tooLong(s.decoded(), run.startTime())).orElse("");
    warning(schedule, Notices.RUN_TOO_LONG, FOLLOWING, "Job " + run.name() + " " + tooLong);
  }

  /** Runs have become longer than the time from one to the next. */
  void overrunning(ScheduleReading schedule, Condition overrunning) {
    warning(schedule, overrunning.getReason(), FOLLOWING, overrunning.getMessage());
  }

  void requestIgnored(ScheduleReading schedule, RequestedRun.Ignored request) {
    warning(schedule, "RequestIgnored", CHECKING, request.problem());
  }

  void backfillIgnored(ScheduleReading schedule, BackfillRequest.Ignored request) {
    warning(schedule, "BackfillIgnored", CHECKING, request.problem());
  }

  void invalid(ScheduleReading schedule, Verdict verdict) {
    warning(schedule, verdict.reason(), CHECKING, verdict.message());
  }

  private void normal(ScheduleReading schedule, String reason, String action, String message) {
    // What goes well can be thousands at once; it is in Events, statuses and metrics.
    log.debug("{}: {}", reason, message);
    events.record(schedule.reference(), EventRecorder.Type.NORMAL, reason, action, message);
  }

  private void warning(ScheduleReading schedule, String reason, String action, String message) {
    log.warn("{}: {}", reason, message);
    events.record(schedule.reference(), EventRecorder.Type.WARNING, reason, action, message);
  }
}
