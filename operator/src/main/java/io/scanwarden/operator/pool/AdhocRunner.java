package io.scanwarden.operator.pool;

import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.ApiAnswer;
import io.scanwarden.operator.run.JobClient;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what {@link AdhocJobs} wants from the API server, and tells what came of it. */
final class AdhocRunner implements AdhocActions, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AdhocRunner.class);

  /** So many starts are under way at a time. */
  private static final int STARTERS = 16;

  private static final int READERS = 2;

  /** A request lasts no longer than that. */
  private static final Duration REQUEST = Duration.ofSeconds(5);

  private final AdhocJobs jobs;
  private final JobClient starts;
  private final JobClient reads;
  private final WriteFence fence;
  private final WorkClock clock;
  private final Metrics metrics;
  private final ExecutorService starters =
      Executors.newFixedThreadPool(STARTERS, Thread.ofPlatform().name("admit-", 0).factory());
  private final ExecutorService readers =
      Executors.newFixedThreadPool(READERS, Thread.ofPlatform().name("look-", 0).factory());
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name("adhoc").factory());

  AdhocRunner(
      AdhocJobs jobs,
      JobClient starts,
      JobClient reads,
      WriteFence fence,
      WorkClock clock,
      Metrics metrics) {
    this.jobs = jobs;
    this.starts = starts;
    this.reads = reads;
    this.fence = fence;
    this.clock = clock;
    this.metrics = metrics;
  }

  @Override
  public void start(AdhocJob job) {
    carryOut(starters, () -> admit(job), Duration.ZERO);
  }

  private void admit(AdhocJob job) {
    OptionalLong term = fence.term();
    if (term.isEmpty()) {
      jobs.refused(job, "this process does not lead");
      return;
    }
    Instant now = clock.instant();
    switch (starts.admit(
        job.key().namespace(), job.key().name(), job.uid(), job.version(), term.getAsLong(), now)) {
      case ApiAnswer.Done(var answer, var warnings) ->
          jobs.started(job, Run.version(answer.getMetadata()), now);
      case ApiAnswer.Refused(boolean invalid, String message) -> {
        log.warn("Job {} was not started: {}", job.key(), message);
        jobs.refused(job, message);
      }
      case ApiAnswer.OtherTerm(String message) -> {
        metrics.refusedForTerm();
        log.info("Job {} was not started: {}", job.key(), message);
        jobs.unanswered(job); // asked again soon, unless this process leads no more
      }
      case ApiAnswer other -> {
        log.debug("whether Job {} was started is not known: {}", job.key(), other);
        jobs.unanswered(job);
      }
    }
  }

  @Override
  public void read(AdhocJob job, Duration after) {
    carryOut(readers, () -> read(job), after);
  }

  private void read(AdhocJob job) {
    ApiAnswer answer = reads.get(job.key().namespace(), job.key().name());
    if (answer instanceof ApiAnswer.Done(var found, var warnings)
        && job.uid().equals(found.getMetadata().getUid())) {
      jobs.read(found);
    } else if (answer instanceof ApiAnswer.Done || answer instanceof ApiAnswer.Gone) {
      jobs.missing(job);
    } else {
      jobs.unanswered(job);
    }
  }

  @Override
  public void findPods(String namespace, String jobUid, Duration after) {
    carryOut(readers, () -> findPods(namespace, jobUid), after);
  }

  private void findPods(String namespace, String jobUid) {
    boolean exist = true;
    try {
      exist = reads.hasPods(namespace, jobUid);
    } catch (IOException e) {
      log.info("the Pods of a Job in {} could not be listed: {}", namespace, e.getMessage());
    }
    jobs.pods(namespace, jobUid, exist);
  }

  @Override
  public void later(Runnable action, Duration after) {
    carryOut(timer, action, after);
  }

  private void carryOut(ExecutorService by, Runnable action, Duration after) {
    Runnable safe =
        () -> {
          try {
            action.run();
          } catch (RuntimeException e) {
            metrics.error("pools");
            log.error("a Job in a pool could not be followed", e);
          }
        };
    try {
      if (after.isZero()) {
        by.execute(safe);
      } else {
        var _ = timer.schedule(() -> by.execute(safe), after.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (RejectedExecutionException e) {
      log.debug("closing", e);
    }
  }

  /** Returns when no request is under way any more. */
  @Override
  public void close() {
    timer.shutdownNow();
    readers.shutdownNow();
    starters.shutdownNow();
    try {
      if (!starters.awaitTermination(REQUEST.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("a start is still under way");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
