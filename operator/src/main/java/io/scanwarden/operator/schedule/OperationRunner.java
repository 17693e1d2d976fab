package io.scanwarden.operator.schedule;

import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.pool.PoolSpec;
import io.scanwarden.operator.run.ApiAnswer;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.JobClient;
import io.scanwarden.operator.run.JobFactory;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.RunName;
import io.scanwarden.operator.run.Trigger;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what schedules want from the API server, and tells them what came of it. Blocks. */
final class OperationRunner {
  private static final Logger log = LoggerFactory.getLogger(OperationRunner.class);

  /** A housekeeping request without effect is not repeated before. */
  private static final Duration AGAIN = Duration.ofSeconds(2);

  /** A name as long as that of any run: ten digits, a day of the year 2286. */
  private static final Instant LONG_NAME = Instant.ofEpochSecond(9_999_999_999L);

  private final JobClient starts;
  private final JobClient housekeeping;
  private final PoolAdmission pools;
  private final WriteFence fence;
  private final WorkClock clock;
  private final Metrics metrics;

  OperationRunner(
      JobClient starts,
      JobClient housekeeping,
      PoolAdmission pools,
      WriteFence fence,
      WorkClock clock,
      Metrics metrics) {
    this.starts = starts;
    this.housekeeping = housekeeping;
    this.pools = pools;
    this.fence = fence;
    this.clock = clock;
    this.metrics = metrics;
  }

  private void create(ScheduleState schedule, Operation.Create create) {
    OptionalLong term = fence.term();
    if (term.isEmpty()) {
      schedule.createFailed(create, false, "this process does not lead", clock.instant());
      return;
    }
    byte[] job;
    try {
      job = job(create, defaults(create.schedule()), term.getAsLong(), clock.instant());
    } catch (IllegalArgumentException e) {
      schedule.createFailed(create, true, message(e), clock.instant());
      return;
    }
    String namespace = create.schedule().key().namespace();
    ApiAnswer answer = starts.create(namespace, job);
    if (answer instanceof ApiAnswer.Exists) {
      // Of an earlier try whose answer was lost, of an earlier leader, or somebody else's.
      answer = starts.get(namespace, create.name());
      tellExisting(schedule, create, answer);
    } else {
      tell(schedule, create, answer);
    }
  }

  private void find(ScheduleState schedule, Operation.Create create) {
    ApiAnswer answer = starts.get(create.schedule().key().namespace(), create.name());
    if (answer instanceof ApiAnswer.Gone) {
      schedule.notFound(create);
    } else {
      tellExisting(schedule, create, answer);
    }
  }

  private void tellExisting(ScheduleState schedule, Operation.Create create, ApiAnswer answer) {
    if (answer instanceof ApiAnswer.Done(var existing, var warnings)
        && !isTheRun(Run.of(existing), create)) {
      if (Run.belongsTo(existing, create.schedule().uid())) {
        // Ours by name, controller and label, whatever became of its annotations: no second one.
        schedule.createFailed(
            create, true, "Job " + create.name() + " exists and says it is another run", now());
      } else {
        schedule.nameTaken(create, now());
      }
      return;
    }
    tell(schedule, create, answer);
  }

  private Instant now() {
    return clock.instant();
  }

  private static boolean isTheRun(Optional<Run> existing, Operation.Create create) {
    return existing
        .filter(run -> run.scheduleUid().equals(create.schedule().uid()))
        .filter(run -> run.attemptKey().equals(create.job()))
        .isPresent();
  }

  private void tell(ScheduleState schedule, Operation.Create create, ApiAnswer answer) {
    Instant now = clock.instant();
    switch (answer) {
      case ApiAnswer.Done(var job, var warnings) ->
          Run.of(job)
              .ifPresentOrElse(
                  run -> schedule.created(create, run, now),
                  () ->
                      schedule.createFailed(
                          create, true, "something changes its Job at creation", now));
      case ApiAnswer.Refused(boolean invalid, String message) ->
          schedule.createFailed(create, true, message, now);
      case ApiAnswer.OtherTerm(String message) -> {
        metrics.refusedForTerm();
        schedule.createFailed(create, false, message, now);
      }
      case ApiAnswer.Unanswered(String message) ->
          schedule.createFailed(create, false, message, now);
      case ApiAnswer.Gone gone ->
          schedule.createFailed(create, false, "its Job was deleted at once", now);
      case ApiAnswer.Exists exists -> schedule.createFailed(create, false, "its Job exists", now);
      case ApiAnswer.Deleted deleted -> throw new IllegalStateException("a create deletes nothing");
    }
  }

  /**
   * Carries out an operation and tells the schedule what came of it, also if that is a failure that
   * nobody foresaw.
   */
  void run(ScheduleState schedule, Operation operation) {
    try {
      carryOut(schedule, operation);
    } catch (RuntimeException e) {
      metrics.error("operation");
      log.error("{} failed; trying again in a while", operation.getClass().getSimpleName(), e);
      schedule.failed(operation, message(e), clock.instant());
    }
  }

  private void carryOut(ScheduleState schedule, Operation operation) {
    switch (operation) {
      case Operation.Create create -> create(schedule, create);
      case Operation.Find(Operation.Create create) -> find(schedule, create);
      case Operation.CheckTemplate(ScheduleSnapshot snapshot) -> checkTemplate(schedule, snapshot);
      case Operation.Delete(Run run, boolean foreground) -> delete(schedule, run, foreground);
      case Operation.CheckPods(Run run) -> checkPods(schedule, run);
      case Operation.ExplainPods(Run run) -> explainPods(schedule, run);
      case Operation.Verify(Run run) -> verify(schedule, run);
    }
  }

  private void checkTemplate(ScheduleState schedule, ScheduleSnapshot snapshot) {
    String target = snapshot.decoded().targets().getFirst();
    AttemptKey key = AttemptKey.first(new RunKey.Clock(LONG_NAME), target);
    ScheduleKey name = snapshot.key();
    OptionalLong term = fence.term();
    if (term.isEmpty()) {
      schedule.templateUnanswered(snapshot);
      return;
    }
    byte[] job;
    try {
      job =
          job(
              snapshot,
              key,
              Trigger.CRON,
              RunName.of(name.name(), snapshot.uid(), key),
              defaults(snapshot),
              term.getAsLong(),
              clock.instant());
    } catch (IllegalArgumentException e) {
      schedule.templateChecked(snapshot, message(e), "");
      return;
    }
    switch (housekeeping.tryCreate(name.namespace(), job)) {
      case ApiAnswer.Done(var accepted, var warnings) ->
          schedule.templateChecked(snapshot, "", String.join("; ", warnings));
      case ApiAnswer.Refused(boolean invalid, String message) ->
          // A right or a quota that is missing today is no fault of the template.
          schedule.templateChecked(snapshot, invalid ? message : "", "");
      case ApiAnswer.OtherTerm(String message) -> {
        metrics.refusedForTerm();
        log.info("the API server did not judge the template: {}", message);
        schedule.templateUnanswered(snapshot);
      }
      case ApiAnswer.Unanswered(String message) -> {
        log.info("the API server did not judge the template: {}", message);
        schedule.templateUnanswered(snapshot);
      }
      case ApiAnswer other -> schedule.templateChecked(snapshot, "", "");
    }
  }

  private void delete(ScheduleState schedule, Run run, boolean foreground) {
    String namespace = schedule.key().namespace();
    ApiAnswer answer =
        foreground
            ? housekeeping.deleteInForeground(namespace, run.name(), run.uid())
            : housekeeping.delete(namespace, run.name(), run.uid(), run.version());
    switch (answer) {
      case ApiAnswer.Deleted deleted -> log.debug("deleted Job {}", run.name());
      case ApiAnswer.Gone gone -> schedule.jobMissing(run.uid(), clock.instant());
      case ApiAnswer other -> {
        log.info("Job {} was not deleted: {}", run.name(), other);
        schedule.notDeleted(run, clock.instant().plus(AGAIN));
      }
    }
  }

  private void checkPods(ScheduleState schedule, Run run) {
    try {
      if (!housekeeping.hasPods(schedule.key().namespace(), run.uid())) {
        schedule.podsGone(run);
        return;
      }
    } catch (IOException e) {
      log.info("the Pods of Job {} could not be listed: {}", run.name(), e.getMessage());
    }
    schedule.asked(run, clock.instant().plus(RunBook.LINGERING_INTERVAL));
  }

  private void explainPods(ScheduleState schedule, Run run) {
    Instant now = clock.instant();
    try {
      String why = housekeeping.failedCreate(schedule.key().namespace(), run.uid()).orElse("");
      schedule.podsExplained(run, why, now);
    } catch (IOException e) {
      log.info("the Events of Job {} could not be read: {}", run.name(), e.getMessage());
    }
    schedule.asked(run, now.plus(RunBook.PODS_EXPECTED));
  }

  private void verify(ScheduleState schedule, Run run) {
    Instant now = clock.instant();
    ApiAnswer answer = housekeeping.get(schedule.key().namespace(), run.name());
    if (answer instanceof ApiAnswer.Done(var job, var warnings)
        && run.uid().equals(job.getMetadata().getUid())) {
      Run.of(job).ifPresent(found -> schedule.listed(found, now));
    } else if (answer instanceof ApiAnswer.Done || answer instanceof ApiAnswer.Gone) {
      schedule.jobMissing(run.uid(), now);
    }
    schedule.asked(run, now.plus(RunBook.SEEN_EXPECTED));
  }

  /**
   * The Job that is to be created.
   *
   * @throws IllegalArgumentException if the template is none
   */
  static byte[] job(Operation.Create create, PodDefaults defaults, long term, Instant now) {
    return job(
        create.schedule(),
        create.job(),
        create.claim().trigger(),
        create.name(),
        defaults,
        term,
        now);
  }

  private static byte[] job(
      ScheduleSnapshot schedule,
      AttemptKey key,
      Trigger trigger,
      String name,
      PodDefaults defaults,
      long term,
      Instant now) {
    SpecReader.Template template = SpecReader.template(schedule.spec(), key.target());
    return JobFactory.build(
        schedule.owner(),
        template.jobTemplate().bytes(),
        new JobFactory.Start(
            name,
            key,
            trigger,
            now,
            term,
            schedule.decoded().timeout(),
            template.env(),
            schedule.decoded().pool(),
            defaults));
  }

  /** Those of the pool, as it is now. */
  private PodDefaults defaults(ScheduleSnapshot schedule) {
    return schedule
        .decoded()
        .pool()
        .flatMap(pool -> pools.spec(pool, schedule.key().namespace()))
        .map(PoolSpec::podDefaults)
        .orElse(PodDefaults.NONE);
  }

  private static String message(RuntimeException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
