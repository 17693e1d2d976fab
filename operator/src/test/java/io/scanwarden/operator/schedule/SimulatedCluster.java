package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ActiveRunState;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;

/**
 * An API server with one schedule, its Jobs and their Pods, the watches on them, and operators that
 * lead it one after the other: all of it in memory, one thing after the other, and each of them may
 * fail. What must hold at every moment is checked here; what must hold in the end, by the tests.
 */
@NullUnmarked
final class SimulatedCluster {
  static final Instant BEGIN = Instant.parse("2026-03-01T00:00:00Z");
  static final ScheduleKey KEY = new ScheduleKey("ns", "scan");
  static final String UID = "schedule-uid";

  private static final ObjectMapper JSON = ApiJson.newMapper();

  /** How an answer or a process is lost. */
  enum Fault {
    NONE,
    LOST_BEFORE,
    LOST_AFTER,
    CRASH_BEFORE,
    CRASH_AFTER,
    REFUSED
  }

  private sealed interface News {
    record Resource(ScheduleResource resource) implements News {}

    record Job(Run run) implements News {}

    record Gone(String uid) implements News {}
  }

  private static final class Job {
    Run run;
    Instant endAt;
    boolean succeeds;
    Instant goneAt = Instant.MAX;
    Instant podsUntil = Instant.MIN;
  }

  final Random random;
  final StringBuilder story = new StringBuilder();
  Instant now = BEGIN.plusMillis(400);
  boolean exclusive;

  // The API server.
  private long revision = 100;
  private long generation = 1;
  private long scheduleVersion = 100;
  private String spec;
  private String requested;
  private String backfill;
  private final Set<String> backfills = new HashSet<>();
  private ScanScheduleStatus status;
  private final Map<String, Job> jobs = new TreeMap<>();
  private final List<Job> podsOnly = new ArrayList<>();
  private final List<News> news = new ArrayList<>();
  final Map<AttemptKey, Integer> created = new HashMap<>();
  final Map<AttemptKey, Run.Phase> ends = new HashMap<>();
  final Set<RunKey> deletedByPeople = new HashSet<>();
  private Instant newestClock = Instant.MIN;
  private RunKey newestRun;
  private final Set<RunKey> begun = new HashSet<>();
  int writes;

  /** Told of each status that the API server has taken. */
  Consumer<ScanScheduleStatus> onStatus = written -> {};

  // The operator that leads.
  private final Telemetry telemetry =
      new Telemetry(
          (regarding, type, reason, action, message) -> {}, new Metrics(new SimpleMeterRegistry()));
  ScheduleState operator;
  private int told;
  private final List<Operation> underWay = new ArrayList<>();
  private Instant wakeAt = Instant.MAX;

  /** Which spec was in force from when, as the operator saw it. */
  final List<Map.Entry<Instant, String>> inForce = new ArrayList<>();

  private long generationInForce;

  SimulatedCluster(long seed, String spec) {
    random = new Random(seed);
    this.spec = spec;
    tell(new News.Resource(resource()));
  }

  private void log(String what, Object... about) {
    story.append(now).append(' ').append(what);
    for (Object each : about) {
      story.append(' ').append(each);
    }
    story.append('\n');
  }

  private void check(boolean holds, String rule) {
    if (!holds) {
      throw new AssertionError(rule + "\n" + story);
    }
  }

  // ---- the API server

  private ScheduleResource resource() {
    ScheduleResource resource = new ScheduleResource();
    ObjectMetaBuilder meta =
        new ObjectMetaBuilder()
            .withNamespace(KEY.namespace())
            .withName(KEY.name())
            .withUid(UID)
            .withGeneration(generation)
            .withResourceVersion(Long.toString(scheduleVersion))
            .withCreationTimestamp(BEGIN.toString());
    if (requested != null) {
      meta.addToAnnotations(Marks.REQUESTED_AT, requested);
    }
    if (backfill != null) {
      meta.addToAnnotations(Marks.BACKFILL, backfill);
    }
    resource.setMetadata(meta.build());
    resource.setSpec(RawJson.of(spec.getBytes(StandardCharsets.UTF_8)));
    return resource;
  }

  private void tell(News event) {
    news.add(event);
  }

  void edit(String newSpec) {
    log("edit:", newSpec);
    spec = newSpec;
    generation++;
    scheduleVersion = ++revision;
    tell(new News.Resource(resource()));
  }

  void request(Instant time) {
    log("request", time);
    requested = time.toString();
    scheduleVersion = ++revision;
    tell(new News.Resource(resource()));
  }

  /** Annotates the schedule so; takes the annotation away where there is no value. */
  void backfill(String interval) {
    log("backfill", interval);
    backfill = interval;
    if (interval != null) {
      backfills.add(interval);
    }
    scheduleVersion = ++revision;
    tell(new News.Resource(resource()));
  }

  private Job createJob(Operation.Create create) {
    Claim claim = create.claim();
    AttemptKey key = create.job();
    check(
        status != null && status.observedGeneration() >= create.schedule().generation(),
        "a generation is reported before its first fire: " + claim);
    check(
        created.merge(key, 1, Integer::sum) == 1 || mayRunAgain(claim),
        "a target of an instant or request has one Job for each attempt: " + claim);
    if (exclusive) {
      check(
          Stream.concat(jobs.values().stream(), podsOnly.stream())
              .filter(job -> !job.run.finished())
              .allMatch(job -> job.run.key().equals(key.run())),
          "never two runs at once: " + claim);
      check(
          key.run().equals(newestRun) || begun.add(key.run()) || mayRunAgain(claim),
          "no run goes on after another one has begun: " + claim);
      newestRun = key.run();
    }
    if (claim.isBackfill()) {
      check(
          jobs.values().stream()
              .noneMatch(job -> job.run.key().equals(new RunKey.Clock(key.run().time()))),
          "an instant whose Job exists is not made up for: " + claim);
      check(
          status.active().stream()
                  .anyMatch(
                      run ->
                          "Backfill".equals(run.trigger())
                              && key.run().time().toString().equals(run.scheduledTime()))
              || key.attempt() > 1,
          "what the clock does not say is in the status before it starts: " + claim);
      boolean allow = create.schedule().decoded().concurrencyPolicy() == ConcurrencyPolicy.ALLOW;
      check(
          jobs.values().stream()
                  .filter(job -> !job.run.finished())
                  .map(job -> job.run.key())
                  .filter(other -> other instanceof RunKey.Backfill && !other.equals(key.run()))
                  .distinct()
                  .count()
              < (allow ? BackfillProgress.AT_ONCE : 1),
          "no more backfills at once than may: " + claim);
    }
    if (claim.trigger().isClock() && !claim.isRetry()) {
      check(!key.run().time().isBefore(newestClock), "instants start in order: " + claim);
      newestClock = key.run().time();
    }
    check(
        key.attempt() == 1 || ends.get(key.preceding()) == Run.Phase.FAILED,
        "only what failed is tried again: " + claim);
    Job job = new Job();
    job.endAt = now.plusMillis(random.nextInt(12_000));
    job.succeeds = random.nextInt(4) > 0;
    job.run = run(create.name(), "job-" + ++revision, create.job(), claim.trigger());
    jobs.put(create.name(), job);
    tell(new News.Job(job.run));
    log("created", create.name());
    return job;
  }

  private Run run(String name, String uid, AttemptKey key, Trigger trigger) {
    Instant second = Instant.ofEpochSecond(now.getEpochSecond());
    return new Run(
        UID,
        name,
        uid,
        ++revision,
        key.run(),
        trigger,
        key.target(),
        key.attempt(),
        Run.Phase.ACTIVE,
        false,
        false,
        false,
        false,
        Optional.empty(),
        1,
        second,
        now,
        Optional.empty(),
        Optional.empty(),
        "");
  }

  /** Where the intervals of two backfills have an instant in common. */
  private boolean mayRunAgain(Claim claim) {
    return claim.isBackfill() && backfills.size() > 1;
  }

  private void change(Job job, Run.Phase phase, boolean deleting, boolean foreground) {
    Run old = job.run;
    job.run =
        new Run(
            UID,
            old.name(),
            old.uid(),
            ++revision,
            old.key(),
            old.trigger(),
            old.target(),
            old.attempt(),
            phase,
            false,
            deleting,
            foreground,
            true,
            old.pool(),
            phase == Run.Phase.ACTIVE ? 1 : 0,
            old.created(),
            old.admitted(),
            Optional.of(old.created()),
            phase == Run.Phase.ACTIVE
                ? Optional.empty()
                : old.completed()
                    .or(() -> Optional.of(Instant.ofEpochSecond(now.getEpochSecond()))),
            "");
    if (job.run.finished()) {
      ends.put(job.run.attemptKey(), phase);
    }
    tell(new News.Job(job.run));
  }

  private void remove(Job job) {
    jobs.remove(job.run.name());
    tell(new News.Gone(job.run.uid()));
    log("gone", job.run.name());
  }

  /** Lets Jobs end and go. */
  private void happen() {
    for (Job job : List.copyOf(jobs.values())) {
      if (!job.goneAt.isAfter(now)) {
        remove(job);
      } else if (!job.run.finished() && !job.run.deleting() && !job.endAt.isAfter(now)) {
        log("ended", job.run.name());
        change(job, job.succeeds ? Run.Phase.SUCCEEDED : Run.Phase.FAILED, false, false);
      }
    }
    podsOnly.removeIf(job -> !job.podsUntil.isAfter(now));
  }

  private Instant nextHappening() {
    Instant next = Instant.MAX;
    for (Job job : jobs.values()) {
      if (job.goneAt.isBefore(next)) {
        next = job.goneAt;
      }
      if (!job.run.finished() && !job.run.deleting() && job.endAt.isBefore(next)) {
        next = job.endAt;
      }
    }
    for (Job job : podsOnly) {
      next = job.podsUntil.isBefore(next) ? job.podsUntil : next;
    }
    return next;
  }

  /** Somebody deletes a Job, in the background: its Pods take a while. */
  void deleteByHand() {
    List<Job> active =
        jobs.values().stream().filter(j -> !j.run.finished() && !j.run.deleting()).toList();
    if (active.isEmpty() || told < news.size()) {
      return; // nobody can tell a Job that came and went between answer and watch
    }
    Job job = active.get(random.nextInt(active.size()));
    log("somebody deletes", job.run.name());
    deletedByPeople.add(job.run.key());
    job.podsUntil = now.plusMillis(random.nextInt(5_000));
    podsOnly.add(job);
    remove(job);
  }

  void pass(Duration time) {
    now = now.plus(time);
    happen();
  }

  // ---- the operator

  boolean leads() {
    return operator != null;
  }

  void crash() {
    if (operator != null) {
      log("crash");
    }
    operator = null;
    underWay.clear();
    wakeAt = Instant.MAX;
  }

  /** Another process takes over: its watches may be behind. */
  void takeOver() {
    ScheduleState state =
        new ScheduleState(
            KEY, telemetry, new ConcurrencyGroups(k -> {}), NoPools.turns(), QuotaTurns.UNLIMITED);
    told = 0;
    int behind = Math.max(0, news.size() - random.nextInt(8));
    operator = state;
    hear(behind);
    ListedAt versions = new ListedAt(revision, revision);
    ScheduleResource resource = resource();
    Optional<ScanScheduleStatus> read = stored();
    List<Run> runs = jobs.values().stream().map(j -> j.run).toList();
    List<Run> pods = new ArrayList<>(podsOnly.stream().map(j -> j.run).toList());
    pods.addAll(runs.stream().filter(run -> !run.finished()).toList());
    Set<String> listed = new HashSet<>(Set.of(UID));
    runs.forEach(run -> listed.add(run.uid()));
    maybe(() -> pass(Duration.ofMillis(random.nextInt(500))));
    hear(random.nextInt(4));
    state.listed(listed, versions);
    state.listed(resource, now);
    runs.forEach(run -> state.listed(run, now));
    pods.forEach(run -> state.podsOf(run.name(), run.uid(), Optional.empty(), 1, now));
    maybe(() -> hear(random.nextInt(4)));
    log("takes over: spec and Jobs", spec, jobs.keySet());
    state.lead(UID, read, now);
    noteSpec();
  }

  private void maybe(Runnable action) {
    if (random.nextBoolean()) {
      action.run();
    }
  }

  private Optional<ScanScheduleStatus> stored() {
    if (status == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(JSON.writeValueAsBytes(status), ScanScheduleStatus.class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The watches tell the next so many things. */
  void hear(int count) {
    for (int i = 0; i < count && told < news.size() && operator != null; i++) {
      log("hears", told(news.get(told)));
      switch (news.get(told++)) {
        case News.Resource(ScheduleResource resource) -> {
          operator.resource(resource, now);
          if (!inForce.isEmpty()) {
            noteSpec(resource);
          }
        }
        case News.Job(Run run) -> operator.job(run, now);
        case News.Gone(String uid) -> operator.jobGone(uid, now);
      }
    }
  }

  private static String told(News event) {
    return switch (event) {
      case News.Resource(ScheduleResource resource) ->
          "schedule " + resource.getMetadata().getResourceVersion();
      case News.Job(Run run) -> run.name() + " " + run.uid() + " " + run.phase();
      case News.Gone(String uid) -> uid + " gone";
    };
  }

  private void noteSpec() {
    noteSpec(resource());
  }

  private void noteSpec(ScheduleResource resource) {
    long seen = resource.getMetadata().getGeneration();
    if (seen > generationInForce) {
      inForce.add(Map.entry(inForce.isEmpty() ? BEGIN : now, resource.getSpec().toString()));
      generationInForce = seen;
    }
  }

  boolean step() {
    if (operator == null) {
      return false;
    }
    Step step = operator.step(now);
    wakeAt = step.wakeAt();
    for (Operation operation : step.operations()) {
      if (operation instanceof Operation.Create create && !create.claim().begun()) {
        check(expiry(create).isAfter(now), "nothing starts that waited for too long: " + create);
      }
    }
    underWay.addAll(step.operations());
    return !step.operations().isEmpty();
  }

  private static Instant expiry(Operation.Create create) {
    ScheduleSpec inForce = create.schedule().decoded();
    if (create.claim().isBackfill()) {
      return Instant.MAX;
    }
    Instant time = create.claim().key().time();
    Instant due = create.claim().trigger().isClock() ? inForce.timeline().startOf(time) : time;
    return inForce.queueTimeout().map(due::plus).orElse(Instant.MAX);
  }

  /** Carries out one of the operations that are under way. */
  boolean work(Fault fault) {
    if (operator == null || underWay.isEmpty()) {
      return false;
    }
    Operation operation = underWay.remove(random.nextInt(underWay.size()));
    log("work:", fault, operation.getClass().getSimpleName());
    if (fault == Fault.CRASH_BEFORE) {
      crash();
      return true;
    }
    ScheduleState state = operator;
    Consumer<Runnable> outcome =
        answer -> {
          if (fault == Fault.CRASH_AFTER) {
            crash();
          } else {
            answer.run();
          }
        };
    boolean lost = fault == Fault.LOST_BEFORE;
    boolean unheard = fault == Fault.LOST_AFTER;
    switch (operation) {
      case Operation.Create create -> create(state, create, fault, outcome);
      case Operation.Find(Operation.Create create) -> {
        Job job = jobs.get(create.name());
        outcome.accept(
            () -> {
              if (lost || unheard) {
                state.createFailed(create, false, "lost", now);
              } else if (job == null) {
                state.notFound(create);
              } else {
                state.created(create, job.run, now);
              }
            });
      }
      case Operation.CheckTemplate(ScheduleSnapshot checked) ->
          outcome.accept(
              () -> {
                if (lost || unheard) {
                  state.templateUnanswered(checked);
                } else {
                  state.templateChecked(checked, "", "");
                }
              });
      case Operation.Delete(Run run, boolean foreground) -> {
        Job job = jobs.get(run.name());
        boolean there = job != null && job.run.uid().equals(run.uid());
        boolean precondition = there && (foreground || job.run.version() == run.version());
        if (!lost && precondition) {
          check(status.recorded().contains(run.uid()), "only what the status records is deleted");
          log("delete", run.name());
          writes++;
          if (foreground) {
            change(job, job.run.phase(), true, true);
            job.goneAt = now.plusMillis(random.nextInt(4_000));
          } else {
            remove(job);
          }
        }
        outcome.accept(
            () -> {
              if (lost || unheard || (there && !precondition)) {
                state.notDeleted(run, now.plusSeconds(2));
              } else if (!there) {
                state.jobMissing(run.uid(), now);
              }
            });
      }
      case Operation.CheckPods(Run run) -> {
        boolean pods =
            podsOnly.stream().anyMatch(j -> j.run.uid().equals(run.uid()))
                || jobs.values().stream()
                    .anyMatch(j -> j.run.uid().equals(run.uid()) && !j.run.finished());
        outcome.accept(
            () -> {
              if (lost || unheard || pods) {
                state.asked(run, now.plusSeconds(2));
              } else {
                state.podsGone(run);
              }
            });
      }
      case Operation.ExplainPods(Run run) ->
          outcome.accept(() -> state.asked(run, now.plusSeconds(60)));
      case Operation.Verify(Run run) -> {
        Job job = jobs.get(run.name());
        outcome.accept(
            () -> {
              if (!lost && !unheard) {
                if (job == null) {
                  state.jobMissing(run.uid(), now);
                } else {
                  state.listed(job.run, now);
                }
              }
              state.asked(run, now.plusSeconds(30));
            });
      }
    }
    return true;
  }

  private void create(
      ScheduleState state, Operation.Create create, Fault fault, Consumer<Runnable> outcome) {
    if (fault == Fault.LOST_BEFORE || fault == Fault.REFUSED) {
      outcome.accept(() -> state.createFailed(create, fault == Fault.REFUSED, "no: " + fault, now));
      return;
    }
    Job existing = jobs.get(create.name());
    Job job = existing == null ? createJob(create) : existing;
    check(job.run.attemptKey().equals(create.job()), "no run has another's name: " + create);
    writes++;
    outcome.accept(
        () -> {
          if (fault == Fault.LOST_AFTER) {
            state.createFailed(create, false, "no answer", now);
          } else {
            state.created(create, job.run, now);
          }
        });
  }

  /** Writes the status, if the operator wants that. */
  boolean report(Fault fault) {
    Optional<Report> report = operator == null ? Optional.empty() : operator.report(now);
    if (report.isEmpty()) {
      return false;
    }
    if (fault == Fault.CRASH_BEFORE) {
      crash();
    } else if (fault == Fault.LOST_BEFORE || fault == Fault.REFUSED) {
      return true;
    } else if (report.get().resourceVersion() != scheduleVersion) {
      operator.resource(resource(), now);
      noteSpec();
    } else {
      boolean same = report.get().status().equals(status); // as after an answer that was lost
      status = report.get().status();
      List<ActiveRun> firsts =
          status.active().stream()
              .filter(a -> a.state() == ActiveRunState.QUEUED && a.attempt() == null)
              .toList();
      check(
          firsts.size() >= status.queued()
              && firsts.stream().filter(a -> a.targets() == null).count() <= status.queued(),
          "all that waits stands in the status: " + status.queued());
      if (!same) {
        writes++;
        scheduleVersion = ++revision;
        tell(new News.Resource(resource()));
      }
      log(
          "reported cursor queued recorded",
          status.cursor(),
          status.counts(),
          status.queued(),
          status.recorded());
      onStatus.accept(status);
      if (fault == Fault.CRASH_AFTER) {
        crash();
      } else if (fault == Fault.NONE) {
        operator.reported(report.get(), scheduleVersion);
      }
    }
    return true;
  }

  ScanScheduleStatus status() {
    return status;
  }

  boolean hasUnfinished() {
    return jobs.values().stream().anyMatch(job -> !job.run.finished()) || !podsOnly.isEmpty();
  }

  /** No more faults: time goes on until nothing is left to be done. */
  void settle() {
    if (operator == null) {
      takeOver();
    }
    for (int i = 0; i < 20_000; i++) {
      hear(Integer.MAX_VALUE);
      boolean busy = step();
      while (work(Fault.NONE)) {
        busy = true;
      }
      busy |= report(Fault.NONE);
      busy |= told < news.size();
      if (busy) {
        continue;
      }
      Instant next = nextHappening();
      next = wakeAt.isBefore(next) ? wakeAt : next;
      if (next.equals(Instant.MAX)) {
        return;
      }
      check(next.isAfter(now) || i < 19_000, "it spins: wakes at " + next);
      now = next.isAfter(now) ? next : now;
      happen();
    }
    check(false, "it never comes to rest");
  }
}
