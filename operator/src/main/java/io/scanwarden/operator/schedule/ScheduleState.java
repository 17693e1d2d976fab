package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Conditions;
import io.scanwarden.operator.observe.Verdict;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Backoff;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.RunName;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All that is known of one schedule, and the only place where it changes: what the watches tell,
 * what was decided, what requests came to. Informers, dispatcher and reconciler call it from their
 * own threads; each call is atomic and does no I/O. What it wants done it says in a {@link Step};
 * what it wants reported in a {@link Report}.
 */
final class ScheduleState {
  static final String PODS_NOT_CREATED = "PodsNotCreated";
  static final String INVALID_JOB_TEMPLATE = "InvalidJobTemplate";

  /** So much of what the server says of a failure stands beside each run that waits. */
  private static final int MAX_MESSAGE = 1_000;

  /** Creation times have whole seconds, and one clock; the others have milliseconds. */
  private static final Comparator<Run> IN_ORDER_OF_START =
      Comparator.comparing(Run::created).thenComparing(Run::admitted);

  private final ScheduleKey key;
  private final Telemetry telemetry;
  private final GroupPlace group;
  private final PoolPlace pool;
  private final QuotaPlace quota;
  private final RunBook book = new RunBook();
  private @Nullable ScheduleReading reading;
  private Ledger ledger = new Ledger();
  private TemplateCheck template = TemplateCheck.NEEDED;

  /** The group of the latest spec that could be understood. */
  private Optional<String> lastGroup = Optional.empty();

  private ListedAt listedAt = ListedAt.NEVER;
  private @Nullable Instant leadingSince;

  /**
   * Whether it was asked what to do since: until then Jobs may be known of instants beyond the
   * cursor.
   */
  private boolean stepped;

  private @Nullable AttemptKey starting;

  /** Why nothing can start in the pool, as it was told last. */
  private Optional<WaitReason> poolProblem = Optional.empty();

  private Set<AttemptKey> unsure = Collections.emptySet();
  private @Nullable AttemptKey nameTaken;
  private @Nullable CreateFailure failure;
  private @Nullable NotRunReason lastDrop;
  private Optional<String> ignoredRequest = Optional.empty();
  private Optional<String> ignoredTargets = Optional.empty();

  /** The UIDs of the runs that were found to be stuck. */
  private Set<String> stuck = Set.of();

  private boolean expiresSoon;

  /** Whether the latest spec that could be understood, of those that were taken up, suspends it. */
  private boolean suspended;

  /** The status that the API server is known to have. */
  private @Nullable ReportedStatus reported;

  private Set<String> reportedRecorded = Set.of();
  private long revision;
  private long reportedRevision;

  ScheduleState(
      ScheduleKey key,
      Telemetry telemetry,
      ConcurrencyGroups groups,
      PoolTurns pools,
      QuotaTurns quotas) {
    this.key = key;
    this.telemetry = telemetry;
    this.group = new GroupPlace(groups, key);
    this.pool = new PoolPlace(pools, key);
    this.quota = new QuotaPlace(quotas, key);
  }

  ScheduleKey key() {
    return key;
  }

  // ---- what the watches tell

  /**
   * A reading of the resource. One of an older version is of the past, also if it tells of another
   * resource that had the name.
   *
   * @return whether it is newer than what was known
   */
  synchronized boolean resource(ScheduleResource resource, Instant now) {
    return put(resource, true, now);
  }

  /** A list has the resource. */
  synchronized void listed(ScheduleResource resource, Instant now) {
    put(resource, false, now);
  }

  private boolean put(ScheduleResource resource, boolean byWatch, Instant now) {
    ScheduleReading next = ScheduleReading.of(key, resource, reading, now);
    if (reading != null && next.version() <= reading.version()) {
      return false;
    }
    if (reading == null && byWatch && next.version() <= listedAt.schedules()) {
      return false;
    }
    boolean same = reading != null && reading.uid().equals(next.uid());
    if (!same) {
      tellDeleted();
      forget();
    } else if (next.generation() != Objects.requireNonNull(reading).generation()) {
      decideUnderOldSpec(now);
      failure = null;
      template = TemplateCheck.NEEDED;
    }
    reading = next;
    if (leadingSince != null) {
      begin(next, now);
    }
    followPool();
    return true;
  }

  /** Whether that is known of the resource already, or newer. */
  synchronized boolean knows(ScheduleResource resource) {
    return reading != null
        && reading.uid().equals(resource.getMetadata().getUid())
        && Run.version(resource.getMetadata()) <= reading.version();
  }

  /** The resource with that UID is gone. */
  synchronized void resourceGone(String uid) {
    if (reading != null && reading.uid().equals(uid)) {
      tellDeleted();
      forget();
      forgetLingering();
      followGroup();
      followPool();
    }
  }

  private void followGroup() {
    boolean able = canPlan(); // who could not start stands in nobody's way
    followGroup(claim -> able && claim.reason() == WaitReason.CONCURRENCY_GROUP_BUSY);
  }

  /**
   * Its runs hold the group until they are over, also where the schedule is gone before.
   *
   * @param waits whether a claim waits for nothing but the group
   */
  private void followGroup(Predicate<Claim> waits) {
    Optional<Instant> waiting =
        ledger.queue().stream()
            .filter(waits)
            .map(claim -> claim.isBackfill() ? Instant.MAX : claim.key().time())
            .min(Instant::compareTo);
    boolean active = isActive();
    Optional<String> name = spec().isPresent() ? spec().get().concurrencyGroup() : lastGroup;
    lastGroup = reading == null && !active ? Optional.empty() : name;
    boolean replaces =
        spec().filter(s -> s.concurrencyPolicy() == ConcurrencyPolicy.REPLACE).isPresent();
    group.follow(lastGroup, active, replaces ? waiting.map(group::turn) : waiting);
  }

  /** The namespace may belong to another tenant now: what runs counts for it from now on. */
  synchronized void tenantChanged() {
    followPool();
  }

  /** Tells the pools what waits for slots, and what has some. */
  private void followPool() {
    pool.follow(
        reading == null ? Optional.empty() : spec(),
        reading == null ? "" : reading.uid(),
        canPlan() ? ledger.queue() : List.of(), // who could not start stands in nobody's way
        job -> job.equals(starting) || unsure.contains(job),
        book.withSlots());
    quota.follow(
        reading == null ? "" : reading.uid(),
        leadingSince == null || isTerminating() ? List.of() : ledger.queue());
  }

  private boolean isActive() {
    return starting != null
        || !unsure.isEmpty()
        || (!isTerminating() && ledger.queue().stream().anyMatch(Claim::begun))
        || book.hasUnfinished()
        || (reading != null && book.lingering(reading.uid()) > 0);
  }

  /** Nothing of a schedule that is being deleted is started any more, however long that takes. */
  private boolean isTerminating() {
    return reading != null && reading.terminating();
  }

  private void tellDeleted() {
    if (reading != null && leadingSince != null) {
      telemetry.scheduleDeleted(reading);
    }
  }

  private void forget() {
    reading = null;
    suspended = false;
    ledger = new Ledger();
    template = TemplateCheck.NEEDED;
    starting = null;
    unsure = Collections.emptySet();
    nameTaken = null;
    failure = null;
    lastDrop = null;
    ignoredRequest = Optional.empty();
    ignoredTargets = Optional.empty();
    stuck = Set.of();
    expiresSoon = false;
    reported = null;
    reportedRecorded = Set.of();
  }

  /** Whether there is neither a resource nor anything left of its runs. */
  synchronized boolean isEmpty() {
    return reading == null && book.isEmpty();
  }

  /**
   * An edit fires nothing retroactively, but what was due before it came is not lost either: it is
   * decided as the spec was, and waits for the new template. Where edits follow each other, a spec
   * may go before it was reported: nothing starts under it, but what was due under it waits too.
   */
  private void decideUnderOldSpec(Instant now) {
    ScheduleReading old = Objects.requireNonNull(reading);
    if (leadingSince != null
        && old.snapshot().isPresent()
        && old.generation() == ledger.observedGeneration()
        && template.problem().isEmpty()) {
      apply(old, Planner.planLast(situation(old, now, true)), new ArrayList<>(), now);
    }
  }

  /** Takes up a generation that the status does not know yet. */
  private void begin(ScheduleReading current, Instant now) {
    if (current.generation() == ledger.observedGeneration()) {
      suspended = current.snapshot().map(s -> s.decoded().suspend()).orElse(suspended);
      return;
    }
    boolean neverSeen = ledger.observedGeneration() < 0 && ledger.cursor().isEmpty();
    tellEdited(current, neverSeen);
    boolean fromCreation = neverSeen && current.created().isBefore(now);
    ledger.begin(current.generation(), fromCreation ? current.created() : now);
    current
        .snapshot()
        .ifPresent(s -> ledger.backfill(ledger.backfill().map(b -> b.under(timeline(s)))));
    current.invalid().ifPresent(problem -> telemetry.invalid(current, verdict(problem)));
    changed();
  }

  /** What an edit was, as far as two readings tell it. */
  private void tellEdited(ScheduleReading current, boolean neverSeen) {
    boolean before = suspended;
    suspended = current.snapshot().map(s -> s.decoded().suspend()).orElse(before);
    if (neverSeen) {
      telemetry.scheduleCreated(current);
    } else if (suspended == before) {
      telemetry.scheduleChanged(current);
    } else if (suspended) {
      telemetry.scheduleSuspended(current);
    } else {
      telemetry.scheduleResumed(current);
    }
  }

  /**
   * The watch tells of a Job of this schedule's name.
   *
   * @return whether something may have to be decided
   */
  synchronized boolean job(Run run, Instant now) {
    Optional<Run> before = book.find(run.uid());
    boolean news = book.seen(run, now) && follow(before, run, now);
    followPool();
    return news;
  }

  /**
   * A list or a read has a Job of this schedule's name.
   *
   * @return whether something may have to be decided
   */
  synchronized boolean listed(Run run, Instant now) {
    Optional<Run> before = book.find(run.uid());
    boolean news = book.listed(run, now) && follow(before, run, now);
    followPool();
    return news;
  }

  private boolean follow(Optional<Run> before, Run run, Instant now) {
    if (leadingSince == null || !isOurs(run)) {
      return false;
    }
    account(run, now);
    boolean moved = before.isEmpty() || before.get().phase() != run.phase();
    if (moved) {
      changed();
    }
    return moved || isDecidedBy(before.get(), run);
  }

  /**
   * Whether decisions see a difference: how many Pods a Job has is none, nor is its start, which
   * only makes things due later.
   */
  private static boolean isDecidedBy(Run before, Run run) {
    return before.suspended() != run.suspended()
        || before.deleting() != run.deleting()
        || before.foreground() != run.foreground();
  }

  /** The watch tells that the Job with that UID is gone. */
  synchronized void jobGone(String uid, Instant now) {
    ended(book.gone(uid, now), now);
    if (reading == null) {
      forgetLingering();
      followGroup();
    }
    followPool();
  }

  private void forgetLingering() {
    if (!pool.countsAll()) {
      book.forgetLingering();
    }
  }

  /** The Job with that UID has lost its owner: whatever it does, it is no run any more. */
  synchronized void jobDisowned(String uid, Instant now) {
    ended(book.disowned(uid), now);
    followPool();
  }

  /** A list or a read does not find the Job with that UID any more. */
  synchronized void jobMissing(String uid, Instant now) {
    ended(book.missing(uid, now), now);
    followPool();
  }

  private void ended(Optional<Run> gone, Instant now) {
    if (gone.isEmpty() || leadingSince == null || !isOurs(gone.get())) {
      return;
    }
    Run run = gone.get();
    if (run.finished() && ledger.isRecorded(run.uid())) {
      return; // not worth a status write: its UID is forgotten with the next
    }
    if (run.finished()) {
      account(run, now);
    } else if (!ledger.isRecorded(run.uid())) {
      telemetry.deleted(Objects.requireNonNull(reading), run);
      ledger.deleted(run).ifPresent(result -> over(run.key(), result));
      settle(run.key(), now);
    }
    changed();
  }

  private boolean isOurs(Run run) {
    return reading != null && run.scheduleUid().equals(reading.uid());
  }

  private void account(Run run, Instant now) {
    ledger.remove(run.attemptKey()); // at once: the Job may be gone before the next plan
    unsure.remove(run.attemptKey());
    ledger.started(run, runName(run), targets(run));
    if (!run.finished() || ledger.isRecorded(run.uid())) {
      return;
    }
    ScheduleReading current = Objects.requireNonNull(reading);
    if (isRetried(run)) {
      if (mustWaitForRoom()) {
        return; // looked at again when something has started
      }
      Claim retry = Claim.retry(run.attemptKey(), run.trigger(), now);
      ledger.retrying(run, retry);
      telemetry.retrying(current, run);
    } else {
      telemetry.finished(current, run);
      ledger.finished(run).ifPresent(result -> over(run.key(), result));
      settle(run.key(), now);
    }
  }

  /** The name of a run as a whole. */
  private String runName(Run run) {
    return run.target().isEmpty() && run.attempt() == 1
        ? run.name()
        : RunName.of(key.name(), run.scheduleUid(), run.key());
  }

  /**
   * How many targets a run has whose first Job is found: those that have one, and those that wait.
   * Of a run that no status knows, all those that the spec has.
   */
  private int targets(Run run) {
    if (run.target().isEmpty()) {
      return 1;
    }
    Set<String> targets = new HashSet<>();
    targets.add(run.target());
    book.runs(run.scheduleUid()).stream()
        .filter(other -> other.key().equals(run.key()))
        .map(Run::target)
        .forEach(targets::add);
    ledger.queue().stream()
        .filter(claim -> claim.key().equals(run.key()))
        .map(Claim::targets)
        .forEach(targets::addAll);
    if (isUndecided(run.key())) {
      spec()
          .map(ScheduleSpec::targets)
          .filter(all -> all.containsAll(targets))
          .ifPresent(targets::addAll);
    }
    return targets.size();
  }

  /** Whether the run is of an instant that the planner has not come to yet. */
  private boolean isUndecided(RunKey run) {
    return run instanceof RunKey.Clock(Instant time)
        && ledger.cursor().filter(cursor -> !time.isAfter(cursor)).isEmpty();
  }

  private Optional<ScheduleSpec> spec() {
    return Optional.ofNullable(reading)
        .flatMap(ScheduleReading::snapshot)
        .map(ScheduleSnapshot::decoded);
  }

  /** Whether a failed Job is followed by another one. */
  private boolean isRetried(Run run) {
    return run.phase() == Run.Phase.FAILED
        && !run.deleting()
        && !isTerminating()
        && !ledger.isOver(run.key())
        && spec()
            .filter(spec -> !spec.suspend() && spec.targets().contains(run.target()))
            .flatMap(ScheduleSpec::retry)
            .filter(retry -> retry.allowsAfter(run.attempt()))
            .isPresent();
  }

  /**
   * Where many runs may be active, or might before an edit, the status has no room for the retries
   * of all, and some is left for what is due.
   */
  private boolean mustWaitForRoom() {
    List<Claim> queue = ledger.queue();
    return queue.size() >= ScheduleSpec.MAX_CLAIMS
        || (queue.stream().filter(Claim::begun).count() >= ScheduleSpec.MAX_QUEUED
            && spec().filter(s -> s.concurrencyPolicy() == ConcurrencyPolicy.ALLOW).isPresent());
  }

  /** A run with targets is over when nothing of it runs or waits any more. */
  private void settle(RunKey run, Instant now) {
    boolean busy =
        isUndecided(run)
            || (starting != null && starting.run().equals(run))
            || unsure.stream().anyMatch(job -> job.run().equals(run))
            || ledger.queue().stream().anyMatch(claim -> claim.key().equals(run))
            || book.runs(Objects.requireNonNull(reading).uid()).stream()
                .anyMatch(job -> job.key().equals(run) && !ledger.isRecorded(job.uid()));
    if (!busy) {
      ledger.settle(run, now).ifPresent(result -> over(run, result));
    }
  }

  private void over(RunKey run, String result) {
    telemetry.over(Objects.requireNonNull(reading), run, result);
    changed();
  }

  // ---- leading

  /**
   * From now on this process decides.
   *
   * @param uid of the resource whose status it is; another one of that name starts anew
   * @param status what the resource's status says; empty if there is none
   */
  synchronized void lead(String uid, Optional<ScanScheduleStatus> status, Instant now) {
    leadingSince = now;
    if (reading == null) {
      return;
    }
    if (uid.equals(reading.uid())) {
      status.ifPresent(this::restore);
    }
    Collection<Run> runs = book.runs(reading.uid());
    runs.forEach(run -> account(run, now));
    ledger.lost(runs.stream().map(Run::key).collect(Collectors.toSet()));
    dropOvertaken(reading, runs, now);
    giveUpOvertaken(reading, runs, now);
    begin(reading, now);
    // Who waited keeps his turn until he is asked: that others are asked before him says nothing.
    followGroup(claim -> !claim.begun());
    quota.takeUp(ledger.queue());
    followPool();
    changed();
  }

  /**
   * Instants start in their order: what waits before one that has a Job was dropped by an earlier
   * leader, who could not report it. That is settled before any status records that Job, and thus
   * lets it be deleted; the planner may be asked only after.
   */
  private void dropOvertaken(ScheduleReading current, Collection<Run> runs, Instant now) {
    Optional<Instant> newest = Planner.newestClockRun(runs, now);
    for (Claim claim : ledger.queue()) {
      if (!claim.begun()
          && claim.trigger().isClock()
          && newest.filter(claim.key().time()::isBefore).isPresent()) {
        ledger.remove(claim);
        drop(
            current,
            new Decision.Drop(
                claim.key(),
                claim.trigger(),
                NotRunReason.SKIPPED_EARLIER,
                Planner.SKIPPED_EARLIER_MESSAGE));
      }
    }
  }

  /**
   * Where runs do not overlap, one that has begun goes on only until another one begins: what a
   * status says is left of it was given up by an earlier leader, who could not report that.
   */
  private void giveUpOvertaken(ScheduleReading current, Collection<Run> runs, Instant now) {
    Optional<ConcurrencyPolicy> policy = spec().map(ScheduleSpec::concurrencyPolicy);
    Optional<RunKey> newest = runs.stream().max(IN_ORDER_OF_START).map(Run::key);
    if (policy.isEmpty() || policy.get() == ConcurrencyPolicy.ALLOW || newest.isEmpty()) {
      return;
    }
    for (Claim claim : ledger.queue()) {
      if (!claim.begun() || claim.key().equals(newest.get())) {
        continue;
      }
      if (policy.get() != ConcurrencyPolicy.REPLACE) {
        giveUp(current, new Decision.GiveUp(claim, "another run has begun"), now);
        settle(claim.key(), now);
        continue;
      }
      Decision.Replace replace = new Decision.Replace(claim.key(), List.of());
      if (ledger.replaced(replace)) {
        telemetry.replaced(current, replace);
      }
    }
  }

  private void giveUp(ScheduleReading current, Decision.GiveUp decision, Instant now) {
    Claim claim = decision.claim();
    telemetry.givenUp(current, claim, decision.message());
    ledger.givenUp(claim, decision.message(), now).ifPresent(result -> over(claim.key(), result));
  }

  private void drop(ScheduleReading current, Decision.Drop drop) {
    ledger.dropped(drop);
    telemetry.dropped(current, drop, drop.reason() != lastDrop);
    lastDrop = drop.reason();
  }

  /** The schedule is new to a process that leads since then. */
  synchronized void join(Instant since) {
    leadingSince = since;
  }

  private void restore(ScanScheduleStatus status) {
    ledger = Ledger.of(status);
    reported = ReportedStatus.of(status);
    reportedRecorded = ledger.recorded();
    stuck = stuck(status);
    expiresSoon = Conditions.find(ledger.conditions(), Notices.EXPIRES_SOON).isPresent();
    suspended =
        Conditions.find(ledger.conditions(), Conditions.READY)
            .filter(c -> StatusReport.SUSPENDED.equals(c.getReason()))
            .isPresent();
    ScheduleReading current = Objects.requireNonNull(reading);
    current.snapshot().ifPresent(s -> ledger.restoreClaims(s.decoded()));
    if (ledger.observedGeneration() == current.generation()) {
      template =
          TemplateCheck.done(
              Conditions.find(ledger.conditions(), Conditions.READY)
                  .filter(c -> INVALID_JOB_TEMPLATE.equals(c.getReason()))
                  .map(Condition::getMessage)
                  .orElse(""),
              Conditions.find(ledger.conditions(), Conditions.TEMPLATE_WARNING)
                  .map(Condition::getMessage)
                  .orElse(""));
    }
  }

  private static Set<String> stuck(ScanScheduleStatus status) {
    return Objects.requireNonNullElse(status.active(), List.<ActiveRun>of()).stream()
        .filter(run -> Notices.RUN_TOO_LONG.equals(run.reason()) && run.uid() != null)
        .map(ActiveRun::uid)
        .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Pods were found that a Job of this schedule had; should the Job be gone, they hold up what
   * waits for its end.
   */
  synchronized void podsOf(
      String jobName, String jobUid, Optional<PoolKey> of, int pods, Instant now) {
    if (reading != null && !jobUid.isEmpty() && !book.knows(jobUid)) {
      book.linger(Run.lost(reading.uid(), jobName, jobUid, of, pods), now);
    }
  }

  /**
   * All schedules and Jobs were listed: of what is not newer than the lists, only what is in them
   * exists.
   */
  synchronized void listed(Set<String> uids, ListedAt versions) {
    listedAt = versions;
    book.listed(uids, versions.jobs());
    if (reading != null
        && reading.version() <= versions.schedules()
        && !uids.contains(reading.uid())) {
      forget();
    }
  }

  // ---- deciding

  /** What to do now. Each operation counts as under way until its outcome is told. */
  synchronized Step step(Instant now) {
    if (leadingSince == null) {
      return Step.NOTHING;
    }
    Step step =
        reading == null || isTerminating()
            ? new Step(List.copyOf(book.checks(now)), book.nextCheck(now))
            : stepOf(reading, now);
    followGroup();
    followPool();
    return step;
  }

  private Step stepOf(ScheduleReading current, Instant now) {
    stepped = true;
    List<Operation> operations = new ArrayList<>(book.checks(now));
    Instant wakeAt = book.nextCheck(now);
    if (current.snapshot().isPresent() && template.state() == TemplateCheck.State.NEEDED) {
      template = template.running();
      operations.add(new Operation.CheckTemplate(current.snapshot().get()));
    }
    if (canPlan()) {
      book.runs(current.uid()).stream()
          .filter(run -> run.finished() && !ledger.isRecorded(run.uid()))
          .forEach(run -> account(run, now));
      Plan plan = plan(current, now);
      apply(current, plan, operations, now);
      if (plan.queue().isEmpty() && failure != null) {
        failure = null; // nothing is tried any more; why it was not run stands in lastSkipped
        changed();
      }
      Retention retention = retention(current, now);
      for (Run run : retention.expired()) {
        book.delete(run.uid());
        operations.add(new Operation.Delete(run, false));
      }
      wakeAt = earliest(wakeAt, plan.wakeAt());
      wakeAt = earliest(wakeAt, quota.askAgainAt(plan.queue()));
      wakeAt = earliest(wakeAt, retention.nextExpiry().orElse(Instant.MAX));
    }
    if (current.snapshot().isPresent()) {
      wakeAt = earliest(wakeAt, age(current, now));
    }
    if (!pool.problem().equals(poolProblem)) {
      poolProblem = pool.problem();
      changed();
    }
    return new Step(List.copyOf(operations), wakeAt);
  }

  /** A run begins only if its group can be entered at that moment; if not, the plan is another. */
  private Plan plan(ScheduleReading current, Instant now) {
    Instant since =
        ledger.queue().stream()
            .filter(claim -> !claim.begun() && !claim.isBackfill())
            .map(claim -> claim.key().time())
            .findFirst()
            .orElse(now);
    Plan plan = Planner.plan(situation(current, now, group.isFree(since)));
    quota.ask(current.uid(), plan.queue(), now);
    if (pool.await(current.snapshot().orElseThrow().decoded(), current.uid(), plan.queue())) {
      plan = Planner.plan(situation(current, now, group.isFree(since))); // as the pool says now
    }
    boolean begins =
        plan.decisions().stream()
            .anyMatch(d -> d instanceof Decision.Start(Claim claim) && !claim.begun());
    return begins && !group.enter(since) ? Planner.plan(situation(current, now, false)) : plan;
  }

  /** Takes notice of what time has brought about; says when to look again. */
  private Instant age(ScheduleReading current, Instant now) {
    Ageing ageing = ageing(current, now);
    for (Run run : ageing.stuck()) {
      if (!stuck.contains(run.uid())) {
        telemetry.stuck(current, run);
      }
    }
    Set<String> nowStuck =
        ageing.stuck().stream().map(Run::uid).collect(Collectors.toUnmodifiableSet());
    if (!nowStuck.equals(stuck) || ageing.expiresSoon() != expiresSoon) {
      stuck = nowStuck;
      expiresSoon = ageing.expiresSoon();
      changed();
    }
    return ageing.nextAt();
  }

  private Ageing ageing(ScheduleReading current, Instant now) {
    return Ageing.of(
        current.snapshot().orElseThrow().decoded(),
        current.created(),
        ledger.cursor().orElse(now),
        book.runs(current.uid()),
        now);
  }

  /** In doubt nothing starts: spec and template must be good, and the generation reported. */
  private boolean canPlan() {
    return leadingSince != null
        && reading != null
        && reading.snapshot().isPresent()
        && template.isGood()
        && reported != null
        && reported.isOf(reading.generation());
  }

  private Situation situation(ScheduleReading current, Instant now, boolean groupFree) {
    return new Situation(
        current.snapshot().orElseThrow().decoded(),
        now,
        Objects.requireNonNull(leadingSince),
        ledger.cursor().orElse(now),
        ledger.queue(),
        Optional.ofNullable(starting),
        Set.copyOf(unsure),
        Optional.ofNullable(failure),
        request(current, now),
        Optional.ofNullable(reported).flatMap(r -> Times.parse(r.lastHandledRequest())),
        backfills(current, now),
        book.runs(current.uid()),
        book.lingering(current.uid()),
        ledger.recorded(),
        deletable(current),
        book.deleting(now),
        groupFree,
        pool.slots(current.snapshot().orElseThrow().decoded()),
        quota.answers(ledger.queue()));
  }

  private Optional<RequestedRun.Wanted> request(ScheduleReading current, Instant now) {
    if (current.requested().equals(ignoredRequest)
        && current.requestedTargets().equals(ignoredTargets)) {
      return Optional.empty(); // also when its time has come
    }
    RequestedRun request =
        RequestedRun.of(
            current.requested(),
            current.requestedTargets(),
            current.snapshot().orElseThrow().decoded().targets(),
            current.created(),
            ledger.lastHandledRequestTime(),
            now);
    return switch (request) {
      case RequestedRun.None none -> Optional.empty();
      case RequestedRun.Wanted wanted -> Optional.of(wanted);
      case RequestedRun.Ignored ignored -> {
        ignoredRequest = current.requested();
        ignoredTargets = current.requestedTargets();
        telemetry.requestIgnored(current, ignored);
        yield Optional.empty();
      }
    };
  }

  private Situation.Backfills backfills(ScheduleReading current, Instant now) {
    return new Situation.Backfills(
        ledger.backfill(),
        wantedBackfill(current, now),
        Optional.ofNullable(reported).map(ReportedStatus::acceptedBackfills).orElse(Set.of()));
  }

  private Optional<BackfillProgress> wantedBackfill(ScheduleReading current, Instant now) {
    Optional<String> handled = ledger.backfill().map(BackfillProgress::interval);
    Optional<String> value =
        current
            .backfill()
            .filter(v -> handled.filter(v::equals).isEmpty())
            .filter(v -> !BackfillRequest.shown(v).equals(ledger.ignoredBackfill()));
    return switch (BackfillRequest.of(value, timeline(current.snapshot().orElseThrow()), now)) {
      case BackfillRequest.None none -> Optional.empty();
      case BackfillRequest.Wanted(BackfillProgress backfill) -> Optional.of(backfill);
      case BackfillRequest.Ignored ignored -> {
        ledger.ignoredBackfill(ignored.shown());
        telemetry.backfillIgnored(current, ignored);
        changed();
        yield Optional.empty();
      }
    };
  }

  private static Timeline timeline(ScheduleSnapshot snapshot) {
    return snapshot.decoded().timeline();
  }

  private Retention retention(ScheduleReading current, Instant now) {
    Set<String> deleting = book.deleting(now);
    Set<String> deletable =
        deletable(current).stream()
            .filter(uid -> !deleting.contains(uid))
            .filter(uid -> book.find(uid).filter(this::isNeededByBackfill).isEmpty())
            .collect(Collectors.toUnmodifiableSet());
    return Retention.of(current.snapshot().orElseThrow().decoded(), past(current), deletable, now);
  }

  /**
   * Whether a backfill has yet to come to the instant of the Job, as far as the status is known to
   * show: it would run that again if the Job were gone.
   */
  private boolean isNeededByBackfill(Run job) {
    Optional<BackfillProgress> backfill = ledger.backfill();
    if (backfill.isEmpty() || job.key() instanceof RunKey.Request) {
      return false;
    }
    Instant time = job.key().time();
    boolean passed =
        Optional.ofNullable(reported)
            .flatMap(ReportedStatus::backfill)
            .filter(shown -> shown.isOf(backfill.get()) && !shown.isAhead(time))
            .isPresent();
    return backfill.get().isAhead(time) || (!passed && backfill.get().covers(time));
  }

  /** The Jobs of runs of which nothing is left to be started, or to be told. */
  private List<Run> past(ScheduleReading current) {
    Set<RunKey> open = new HashSet<>(ledger.open());
    ledger.queue().stream().filter(Claim::begun).map(Claim::key).forEach(open::add);
    return book.runs(current.uid()).stream().filter(job -> !open.contains(job.key())).toList();
  }

  /**
   * The Jobs that the status does not need any more: it has recorded them, and its cursor is past
   * their instants. A status can record a Job that was created behind its cursor, by an earlier
   * leader; without that Job the instant would be started again after a restart.
   */
  private Set<String> deletable(ScheduleReading current) {
    Optional<Instant> cursor = Optional.ofNullable(reported).flatMap(ReportedStatus::cursor);
    return book.runs(current.uid()).stream()
        .filter(run -> reportedRecorded.contains(run.uid()))
        .filter(
            run ->
                !run.trigger().isClock()
                    || cursor.filter(c -> !run.key().time().isAfter(c)).isPresent())
        .map(Run::uid)
        .collect(Collectors.toUnmodifiableSet());
  }

  private void apply(ScheduleReading current, Plan plan, List<Operation> operations, Instant now) {
    ScheduleSnapshot snapshot = current.snapshot().orElseThrow();
    for (Decision decision : plan.decisions()) {
      switch (decision) {
        case Decision.Found found -> {}
        case Decision.Accept accept -> {}
        case Decision.Drop drop -> drop(current, drop);
        case Decision.Handle(Instant request) -> {
          ledger.handled(current.requested().orElseThrow());
          telemetry.runRequested(current, request);
        }
        case Decision.Replace replace -> {
          if (ledger.replaced(replace)) {
            telemetry.replaced(current, replace);
          }
        }
        case Decision.GiveUp decided -> giveUp(current, decided, now);
        case Decision.Find find ->
            operations.add(new Operation.Find(create(snapshot, find.claim())));
        case Decision.Start start -> operations.add(create(snapshot, start.claim()));
        case Decision.Delete delete -> {
          book.delete(delete.run().uid());
          operations.add(new Operation.Delete(delete.run(), delete.foreground()));
        }
      }
    }
    tellWaiting(current, plan.queue());
    if (!plan.decisions().isEmpty()
        || !plan.queue().equals(ledger.queue())
        || !plan.backfill().equals(ledger.backfill())) {
      changed();
    }
    ledger.backfill(plan.backfill());
    ledger.moveTo(plan.cursor(), plan.queue());
    ledger.open().forEach(run -> settle(run, now));
  }

  /** What waits for its pool is told when it begins to, and when the reason is another. */
  private void tellWaiting(ScheduleReading current, List<Claim> queue) {
    for (Claim claim : queue) {
      boolean told =
          !claim.reason().isPool()
              || ledger.queue().stream()
                  .anyMatch(old -> old.covers(claim.next()) && old.reason() == claim.reason());
      if (!told) {
        telemetry.waits(current, claim);
      }
    }
  }

  private Operation.Create create(ScheduleSnapshot snapshot, Claim claim) {
    AttemptKey job = claim.next();
    starting = job;
    String name =
        job.equals(nameTaken)
            ? RunName.alternative(key.name(), snapshot.uid(), job)
            : RunName.of(key.name(), snapshot.uid(), job);
    pool.begin(snapshot.decoded(), job, name);
    return new Operation.Create(snapshot, claim, name);
  }

  private static Instant earliest(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  // ---- what operations came to

  /** The Job exists: created now, or by an earlier try whose answer was lost. */
  synchronized void created(Operation.Create create, Run run, Instant now) {
    if (!isCurrent(create)) {
      return;
    }
    starting = null;
    unsure.remove(create.job());
    nameTaken = null;
    failure = null;
    lastDrop = null;
    ScheduleSpec spec = create.schedule().decoded();
    book.created(run.finished() ? run : run.ofSlots(spec.slots()), now);
    pool.created(run);
    quota.created(run, spec.slots());
    account(run, now); // it may have ended already, if an earlier try created it
    telemetry.started(
        Objects.requireNonNull(reading),
        run,
        create.claim().isBackfill()
            ? Duration.ZERO // it was due long ago; nobody waits for it
            : Duration.between(create.claim().startAt(), now));
    changed();
  }

  /** Another controller's Job has the name. */
  synchronized void nameTaken(Operation.Create create, Instant now) {
    if (!isCurrent(create)) {
      return;
    }
    if (create.job().equals(nameTaken)) {
      createFailed(create, true, "both of its names are taken by other Jobs", now);
      return;
    }
    starting = null;
    unsure.remove(create.job());
    nameTaken = create.job();
  }

  /** An earlier try, whose answer was lost, has created no Job. */
  synchronized void notFound(Operation.Create create) {
    if (isCurrent(create)) {
      starting = null;
      unsure.remove(create.job());
    }
  }

  /**
   * The Job was not created, or nobody knows whether it was.
   *
   * @param refused the API server said no; otherwise it did not answer
   */
  synchronized void createFailed(
      Operation.Create create, boolean refused, String message, Instant now) {
    if (!isCurrent(create)) {
      return;
    }
    starting = null;
    AttemptKey job = create.job();
    unsure.remove(job);
    if (!ledger.isWaiting(job)) {
      return; // the watch has told of its Job before the answer came
    }
    if (!refused) {
      unsure = unsure.isEmpty() ? new HashSet<>() : unsure; // rarely any
      unsure.add(job);
    }
    int tries = failure == null ? 1 : failure.tries() + 1;
    String shown = message.substring(0, Math.min(MAX_MESSAGE, message.length()));
    boolean news = failure == null || !failure.message().equals(shown);
    failure = new CreateFailure(refused, shown, tries, now.plus(Backoff.after(tries, refused)));
    telemetry.createFailed(Objects.requireNonNull(reading), failure, news);
    changed();
  }

  private boolean isCurrent(Operation.Create create) {
    return reading != null
        && create.schedule().uid().equals(reading.uid())
        && create.job().equals(starting);
  }

  /** The API server has judged a template: an empty problem is a good one. */
  synchronized void templateChecked(ScheduleSnapshot checked, String problem, String warning) {
    if (isCurrent(checked)) {
      template = TemplateCheck.done(problem, warning);
      if (!problem.isEmpty()) {
        telemetry.invalid(
            Objects.requireNonNull(reading), Verdict.stalled(INVALID_JOB_TEMPLATE, problem));
      }
      changed();
    }
  }

  /** The API server did not judge a template. */
  synchronized void templateUnanswered(ScheduleSnapshot checked) {
    if (isCurrent(checked)) {
      template = template.unanswered();
      changed();
    }
  }

  private boolean isCurrent(ScheduleSnapshot checked) {
    return reading != null
        && checked.uid().equals(reading.uid())
        && checked.generation() == reading.generation();
  }

  /** A Job was not deleted; nobody tries again before that time. */
  synchronized void notDeleted(Run run, Instant againAt) {
    book.notDeleted(run.uid(), againAt);
  }

  /** A question about a Job was asked; if it still is one, it is asked again at that time. */
  synchronized void asked(Run run, Instant againAt) {
    book.asked(run.uid(), againAt);
  }

  /** An operation ended in a way that nobody foresaw: it is tried again, in a while. */
  synchronized void failed(Operation operation, String message, Instant now) {
    Instant again = now.plus(Backoff.MAX_UNANSWERED);
    switch (operation) {
      case Operation.Create create -> createFailed(create, false, message, now);
      case Operation.Find(Operation.Create create) -> createFailed(create, false, message, now);
      case Operation.CheckTemplate(ScheduleSnapshot checked) -> templateUnanswered(checked);
      case Operation.Delete(Run run, boolean foreground) -> notDeleted(run, again);
      case Operation.CheckPods(Run run) -> asked(run, again);
      case Operation.ExplainPods(Run run) -> asked(run, again);
      case Operation.Verify(Run run) -> asked(run, again);
    }
  }

  synchronized void podsGone(Run run) {
    book.podsGone(run.uid());
    followPool();
  }

  /** Why a Job has no Pods; empty if there is nothing to tell. */
  synchronized void podsExplained(Run run, String problem, Instant now) {
    boolean news = !problem.isEmpty() && !problem.equals(book.problem(run.uid()));
    book.problem(run.uid(), problem, now);
    if (news && isOurs(run)) {
      telemetry.podsNotCreated(Objects.requireNonNull(reading), run, problem);
      changed();
    }
  }

  // ---- reporting

  private void changed() {
    revision++;
  }

  /** Whether the status may have to be written. */
  synchronized boolean wantsReport() {
    return leadingSince != null
        && stepped
        && reading != null
        && !reading.terminating()
        && revision != reportedRevision
        && (reading.snapshot().isEmpty() || template.isDone());
  }

  /** Whether something waits for the status to be written. */
  synchronized boolean waitsForReport() {
    return wantsReport()
        && (reported == null
            || !reported.isOf(ledger.observedGeneration())
            || !Objects.equals(reported.lastHandledRequest(), ledger.lastHandledRequest())
            || hasUnreportedBackfill(reported)
            || book.runs(Objects.requireNonNull(reading).uid()).stream()
                .anyMatch(
                    run ->
                        (!run.finished() || hasRetry(run))
                            && ledger.isRecorded(run.uid())
                            && !reportedRecorded.contains(run.uid())));
  }

  private boolean hasUnreportedBackfill(ReportedStatus status) {
    return ledger.queue().stream()
        .anyMatch(
            claim ->
                claim.isBackfill()
                    && !claim.begun()
                    && !status.acceptedBackfills().contains(claim.key().time()));
  }

  private boolean hasRetry(Run failed) {
    return ledger.isWaiting(failed.attemptKey().following());
  }

  /** How soon the status has to be written. */
  synchronized ReportNeed reportNeed() {
    if (!wantsReport()) {
      return ReportNeed.NONE;
    }
    if (waitsForReport()) {
      return ReportNeed.URGENT;
    }
    boolean moving =
        starting != null
            || book.runs(Objects.requireNonNull(reading).uid()).stream()
                .anyMatch(run -> !run.finished());
    return moving ? ReportNeed.MOVING : ReportNeed.SETTLED;
  }

  /** The status to write; empty if the API server has it. */
  synchronized Optional<Report> report(Instant now) {
    if (!wantsReport()) {
      return Optional.empty();
    }
    ScheduleReading current = Objects.requireNonNull(reading);
    ScanScheduleStatus status = status(current, now);
    if (reported != null && reported.is(status)) {
      reportedRevision = revision;
      return Optional.empty();
    }
    if (ledger.forgetAllBut(book.uids())) {
      status = status(current, now);
    }
    List<Condition> conditions = Objects.requireNonNull(status.conditions());
    if (Conditions.find(ledger.conditions(), Notices.OVERRUNNING).isEmpty()) {
      Conditions.find(conditions, Notices.OVERRUNNING)
          .ifPresent(overrunning -> telemetry.overrunning(current, overrunning));
    }
    ledger.conditions(conditions);
    return Optional.of(new Report(key, current.uid(), current.version(), status, revision));
  }

  /** The API server has this status now, as this version of the resource. */
  synchronized void reported(Report report, long version) {
    if (reading != null && reading.uid().equals(report.uid())) {
      reported = ReportedStatus.of(report.status());
      reportedRecorded =
          Set.copyOf(Objects.requireNonNullElse(report.status().recorded(), List.of()));
      reportedRevision = report.revision();
      reading = reading.at(version);
    }
  }

  private ScanScheduleStatus status(ScheduleReading current, Instant now) {
    return StatusReport.of(
        current,
        verdict(current),
        current.snapshot().map(s -> ageing(current, now)),
        template.warning(),
        ledger,
        book.runs(current.uid()),
        book::problem,
        Optional.ofNullable(failure),
        now);
  }

  private Verdict verdict(ScheduleReading current) {
    if (current.invalid().isPresent()) {
      return verdict(current.invalid().get());
    }
    return template.isGood()
        ? StatusReport.verdict(
            current.snapshot().orElseThrow().decoded(),
            ledger,
            poolProblem,
            Optional.ofNullable(failure))
        : Verdict.stalled(INVALID_JOB_TEMPLATE, template.problem());
  }

  private static Verdict verdict(InvalidScheduleException problem) {
    return Verdict.stalled(problem.reason(), Objects.requireNonNull(problem.getMessage()));
  }
}
