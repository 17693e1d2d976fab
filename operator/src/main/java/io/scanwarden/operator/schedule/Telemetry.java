package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.Verdict;
import io.scanwarden.operator.observe.audit.AuditAction;
import io.scanwarden.operator.observe.audit.AuditEntry;
import io.scanwarden.operator.observe.audit.AuditLog;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells users and operators what happens to schedules: Events, metrics, log lines, the audit log.
 * Never blocks.
 */
final class Telemetry {
  private static final Logger log = LoggerFactory.getLogger(Telemetry.class);
  private static final String KIND = "ScanSchedule";
  private static final String STARTING = "StartRun";
  private static final String FOLLOWING = "FollowRun";
  private static final String CHECKING = "CheckSchedule";

  private final EventRecorder events;
  private final Metrics metrics;
  private final AuditLog audit;

  Telemetry(EventRecorder events, Metrics metrics) {
    this(events, metrics, AuditLog.NONE);
  }

  Telemetry(EventRecorder events, Metrics metrics, AuditLog audit) {
    this.events = events;
    this.metrics = metrics;
    this.audit = audit;
  }

  /** Somebody created the schedule. */
  void scheduleCreated(ScheduleReading schedule) {
    audit.record(entry(AuditAction.SCHEDULE_CREATED, schedule));
  }

  /** Somebody changed the schedule's spec, but not {@code spec.suspend}. */
  void scheduleChanged(ScheduleReading schedule) {
    audit.record(entry(AuditAction.SCHEDULE_CHANGED, schedule));
  }

  /** Somebody set {@code spec.suspend}, whatever else they changed. */
  void scheduleSuspended(ScheduleReading schedule) {
    audit.record(entry(AuditAction.SCHEDULE_SUSPENDED, schedule));
  }

  /** Somebody took {@code spec.suspend} back, whatever else they changed. */
  void scheduleResumed(ScheduleReading schedule) {
    audit.record(entry(AuditAction.SCHEDULE_RESUMED, schedule));
  }

  /** The schedule is gone. */
  void scheduleDeleted(ScheduleReading schedule) {
    audit.record(entry(AuditAction.SCHEDULE_DELETED, schedule));
  }

  /** Somebody's request for a run was accepted, or dropped. */
  void runRequested(ScheduleReading schedule, Instant request) {
    audit.record(entry(AuditAction.RUN_REQUESTED, schedule).ofRunAt(request));
  }

  /** A Job was created, that long after it was due. */
  void started(ScheduleReading schedule, Run run, Duration late) {
    metrics.runStarted(late);
    audit.record(decision(AuditAction.RUN_STARTED, schedule, run.key()).withJob(run.name()));
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
    audit.record(decision(AuditAction.RUN_GIVEN_UP, schedule, claim.key()));
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
    audit.record(decision(AuditAction.RUN_REPLACED, schedule, replace.run()));
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
    audit.record(
        decision(action(drop.reason().counter()), schedule, drop.key())
            .because(drop.reason().toString()));
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

  private static AuditAction action(NotRunReason.Counter counter) {
    return switch (counter) {
      case SKIPPED -> AuditAction.RUN_SKIPPED;
      case REPLACED -> AuditAction.RUN_REPLACED;
      case MISSED -> AuditAction.RUN_MISSED;
      case REJECTED -> AuditAction.RUN_REJECTED;
      case EXPIRED -> AuditAction.RUN_EXPIRED;
    };
  }

  private static AuditEntry decision(AuditAction action, ScheduleReading schedule, RunKey run) {
    return entry(action, schedule).ofRunAt(run.time()).by(AuditEntry.OPERATOR);
  }

  /** A watch does not tell who has changed what it tells of. */
  private static AuditEntry entry(AuditAction action, ScheduleReading schedule) {
    ScheduleKey key = schedule.key();
    return AuditEntry.of(action, key.namespace(), KIND, key.name());
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
