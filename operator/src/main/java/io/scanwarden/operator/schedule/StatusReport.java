package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ActiveRunState;
import io.scanwarden.api.v1alpha1.Backfill;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Conditions;
import io.scanwarden.operator.observe.Notice;
import io.scanwarden.operator.observe.Verdict;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.RunName;
import io.scanwarden.operator.time.NextTimes;
import io.scanwarden.operator.time.Occurrence;
import io.scanwarden.operator.time.Timeline;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Builds the status of a schedule from what is known of it. Pure. */
final class StatusReport {
  /** So many coming instants are shown. */
  static final int NEXT = 5;

  /** The reason of Ready while spec.suspend is true. */
  static final String SUSPENDED = "Suspended";

  /** So many active runs are shown, and all that wait: from there they are taken up again. */
  static final int MAX_ACTIVE = 100;

  private StatusReport() {}

  /**
   * The whole status.
   *
   * @param ageing what time has brought about; empty where the spec is invalid
   * @param warning what the API server says of the template; empty if nothing
   * @param problem why a run of that UID makes no progress; empty where there is nothing to say
   */
  static ScanScheduleStatus of(
      ScheduleReading schedule,
      Verdict verdict,
      Optional<Ageing> ageing,
      String warning,
      Ledger ledger,
      Collection<Run> runs,
      Function<String, String> problem,
      Optional<CreateFailure> failure,
      Instant now) {
    List<Run> running =
        runs.stream().filter(run -> !run.finished()).sorted(Run.OLDEST_FIRST).toList();
    List<ActiveRun> active = new ArrayList<>();
    ledger.queue().forEach(claim -> active.add(queued(schedule, claim, failure)));
    Optional<ScheduleSpec> decoded = schedule.snapshot().map(ScheduleSnapshot::decoded);
    Set<Run> stuck = Set.copyOf(ageing.map(Ageing::stuck).orElse(List.of()));
    for (Run run : running) {
      Optional<String> tooLong =
          decoded.filter(s -> stuck.contains(run)).map(s -> Notices.tooLong(s, run.startTime()));
      active.add(running(run, tooLong, problem.apply(run.uid())));
    }
    Optional<Timeline> timeline = decoded.map(ScheduleSpec::timeline);
    List<Instant> coming =
        decoded
            .filter(s -> !s.suspend())
            .map(s -> next(s.timeline(), ledger.cursor().orElse(now)))
            .orElse(List.of());
    List<Notice> notices = new ArrayList<>();
    if (decoded.isPresent() && ageing.isPresent()) {
      notices.addAll(Notices.of(decoded.get(), ageing.get(), ledger.recentRuns(), coming));
    }
    Notices.quotaExceeded(ledger.lastSkipped(), Times.parse(ledger.lastScheduleTime()))
        .ifPresent(notices::add);
    if (!warning.isEmpty()) {
      notices.add(new Notice(Conditions.TEMPLATE_WARNING, "ServerWarning", warning));
    }
    return new ScanScheduleStatus(
        ledger.observedGeneration(),
        timeline.map(Timeline::summary).orElse(null),
        Conditions.of(verdict, notices, ledger.observedGeneration(), ledger.conditions(), now),
        ledger.lastScheduleTime(),
        ledger.lastSuccessfulTime(),
        ledger.lastFailureTime(),
        ledger.lastResult(),
        verdict.ready() ? coming.stream().map(Instant::toString).toList() : List.of(),
        ledger.cursor().map(Instant::toString).orElse(null),
        active.subList(0, Math.max(ledger.queue().size(), Math.min(MAX_ACTIVE, active.size()))),
        Math.toIntExact(
            Stream.concat(
                    running.stream().map(Run::key),
                    ledger.queue().stream().filter(Claim::begun).map(Claim::key))
                .distinct()
                .count()),
        Math.toIntExact(ledger.queue().stream().filter(claim -> !claim.begun()).count()),
        ledger.counts(),
        ledger.recentRuns(),
        List.copyOf(ledger.recorded()).stream().sorted().toList(),
        ledger.lastSkipped(),
        ledger.lastHandledRequest(),
        backfill(ledger, runs));
  }

  private static @Nullable Backfill backfill(Ledger ledger, Collection<Run> jobs) {
    Optional<BackfillProgress> backfill = ledger.backfill();
    if (backfill.isEmpty()) {
      return ledger.ignoredBackfill() == null
          ? null
          : new Backfill(null, null, null, null, null, ledger.ignoredBackfill());
    }
    BackfillProgress progress = backfill.get();
    long notOver =
        Stream.of(
                ledger.queue().stream().map(Claim::key),
                ledger.open().stream(),
                jobs.stream().filter(job -> !ledger.isRecorded(job.uid())).map(Run::key))
            .flatMap(keys -> keys)
            .filter(RunKey.Backfill.class::isInstance)
            .distinct()
            .count();
    return new Backfill(
        progress.interval(),
        progress.cursor().map(Instant::toString).orElse(null),
        progress.accepted(),
        Math.max(0, progress.accepted() - Math.toIntExact(notOver)),
        progress.total(),
        ledger.ignoredBackfill());
  }

  /**
   * The verdict of a schedule whose spec and template are good.
   *
   * @param poolProblem why nothing starts in its pool
   * @param failure why the last try to create a Job failed
   */
  static Verdict verdict(
      ScheduleSpec spec,
      Ledger ledger,
      Optional<WaitReason> poolProblem,
      Optional<CreateFailure> failure) {
    if (spec.suspend()) {
      return Verdict.ready(SUSPENDED, "spec.suspend is true: nothing starts");
    }
    if (poolProblem.isPresent()) {
      String pool = spec.pool().map(PoolKey::toString).orElse("");
      return Verdict.reconciling(
          poolProblem.get().toString(),
          "spec.poolRef names WorkerPool " + pool + ": " + poolProblem.get().sentence());
    }
    if (failure.isPresent()) {
      return Verdict.reconciling("CreateFailed", failure.get().message());
    }
    Instant cursor = ledger.cursor().orElse(Instant.EPOCH);
    Optional<Instant> end = spec.timeline().notAfter();
    boolean backfills = ledger.backfill().filter(BackfillProgress::isUnderWay).isPresent();
    if (spec.timeline().next(cursor).isEmpty() && ledger.queue().isEmpty() && !backfills) {
      return ledger.isUntouched()
          ? Verdict.stalled(
              "Missed",
              "nothing is due: every instant of "
                  + spec.timeline().summary()
                  + ", within spec.notBefore and spec.notAfter, was past when the schedule was made"
                  + " or changed")
          : Verdict.ready(
              "Completed",
              "no instant is left"
                  + end.map(notAfter -> " up to spec.notAfter, " + notAfter).orElse(""));
    }
    String until = end.map(notAfter -> " until " + notAfter).orElse("");
    String heldBack = NextTimes.heldBack(spec.timeline(), cursor).map(why -> "; " + why).orElse("");
    return Verdict.ready("Scheduled", "runs at " + spec.timeline().summary() + until + heldBack);
  }

  private static List<Instant> next(Timeline timeline, Instant after) {
    List<Instant> next = new ArrayList<>(NEXT);
    Optional<Occurrence> occurrence = timeline.nextRun(after);
    while (occurrence.isPresent() && next.size() < NEXT) {
      next.add(occurrence.get().instant());
      occurrence = timeline.nextRun(occurrence.get().instant());
    }
    return next;
  }

  private static ActiveRun queued(
      ScheduleReading schedule, Claim claim, Optional<CreateFailure> failure) {
    String message =
        switch (claim.reason()) {
          case CREATE_FAILED ->
              failure.map(CreateFailure::message).orElse(claim.reason().sentence());
          case BACKOFF, STAGGER ->
              claim.reason().sentence()
                  + " until "
                  + claim.startAt().truncatedTo(ChronoUnit.SECONDS);
          default -> claim.reason().sentence();
        };
    String name = schedule.key().name();
    boolean some = claim.chosen() || (claim.begun() && !claim.isRetry());
    return new ActiveRun(
        claim.isRetry()
            ? RunName.of(name, schedule.uid(), claim.next())
            : RunName.of(name, schedule.uid(), claim.key()),
        claim.trigger().toString(),
        claim.isRetry() ? target(claim.next().target()) : null,
        some ? claim.targets() : null,
        claim.isRetry() ? claim.attempt() : null,
        claim.key().time().toString(),
        ActiveRunState.QUEUED,
        claim.reason().toString(),
        message,
        null,
        null);
  }

  private static ActiveRun running(Run run, Optional<String> tooLong, String problem) {
    String reason =
        tooLong.isPresent()
            ? Notices.RUN_TOO_LONG
            : problem.isEmpty() ? null : ScheduleState.PODS_NOT_CREATED;
    String message =
        Stream.concat(tooLong.stream(), Stream.of(problem))
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; "));
    return new ActiveRun(
        run.name(),
        run.trigger().toString(),
        target(run.target()),
        null,
        run.attempt() == 1 ? null : run.attempt(),
        run.key().time().toString(),
        ActiveRunState.RUNNING,
        reason,
        message.isEmpty() ? null : message,
        run.startTime().toString(),
        run.uid());
  }

  private static @Nullable String target(String target) {
    return target.isEmpty() ? null : target;
  }
}
