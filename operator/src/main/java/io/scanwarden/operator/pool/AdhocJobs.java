package io.scanwarden.operator.pool;

import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.Backoff;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.PodMetadata;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The Jobs in pools that no schedule answers for: those that wait are offered to their pools, and
 * started when their turn has come; those that run hold slots, whether they had asked for them or
 * not. Known on every replica, acted upon by the leader. Thread-safe; does no I/O.
 *
 * <p>A slot that was granted is held until it is known that the Job was not started, or until the
 * Job has ended with its Pods.
 */
public final class AdhocJobs {
  /** How often Pods without a Job are looked for. */
  static final Duration PODS = Duration.ofSeconds(2);

  private static final String START = "StartJob";

  private static final class Entry {
    AdhocJob job;

    /** Where it has slots, or waits for them. */
    @Nullable Place place;

    /** What it wants there; absent once it has slots that it keeps. */
    @Nullable PoolClaim offered;

    boolean held;

    /** It has run since it was last known to have no Pods. */
    boolean ran;

    boolean starting;
    boolean withheld;
    long sent = -1;
    int unanswered;
    int refused;
    String told = "";

    Entry(AdhocJob job) {
      this.job = job;
    }
  }

  /** Slots of a pool, and whose they are. */
  private record Place(PoolKey pool, JobKey holder) {
    private static Place of(AdhocJob job) {
      return new Place(job.pool(), job.holder());
    }
  }

  /** Pods of a Job that is gone. */
  private record Leftover(PoolKey pool, JobKey holder) {}

  private final PoolAdmission pools;
  private final EventRecorder events;
  private final Metrics metrics;
  private final Map<JobKey, Entry> jobs = new HashMap<>();
  private final Map<String, Leftover> leftovers = new HashMap<>();
  // Suspended Jobs that have run, of which it is asked whether they have Pods.
  private final Map<String, JobKey> looking = new HashMap<>();
  private final ConcurrentHashMap<PoolKey, ConcurrentHashMap<String, Integer>> queued =
      new ConcurrentHashMap<>();
  private volatile @Nullable AdhocActions actions;
  private long listedAt = -1;
  private long runsListedAt = -1;

  AdhocJobs(PoolAdmission pools, EventRecorder events, Metrics metrics) {
    this.pools = pools;
    this.events = events;
    this.metrics = metrics;
    pools.onTurn(this::turn);
  }

  /**
   * How many Jobs are suspended in wait for the pool, of namespaces that it allows: those of others
   * are in nobody's way. On a standby as far as its caches tell.
   */
  public int queued(PoolKey pool) {
    int count = 0;
    for (var namespace : queued.getOrDefault(pool, new ConcurrentHashMap<>()).entrySet()) {
      if (pools.problem(pool, namespace.getKey()).isEmpty()) {
        count += namespace.getValue();
      }
    }
    return count;
  }

  // ---- what is read

  /** The watch tells of a Job. */
  public void seen(JobResource job) {
    AdhocJob.of(job).ifPresent(reading -> put(reading, true));
  }

  /**
   * The watch has told of a Job, and the schedule whose run it may be has been told too. From now
   * on that answers for a run that does not wait.
   */
  public void handOver(JobResource job) {
    if (AdhocJob.of(job).isEmpty()) {
      drop(job);
    }
  }

  private synchronized void drop(JobResource job) {
    Entry entry = jobs.get(key(job));
    if (entry != null
        && entry.job.uid().equals(job.getMetadata().getUid())
        && entry.job.version() <= Run.version(job.getMetadata())) {
      forget(entry);
    }
  }

  private static JobKey key(JobResource job) {
    return new JobKey(job.getMetadata().getNamespace(), job.getMetadata().getName());
  }

  private void listed(JobResource job) {
    AdhocJob.of(job).ifPresent(reading -> put(reading, false));
  }

  /** All Jobs were listed but those with a schedule's label, and only these existed then. */
  synchronized void listed(Collection<JobResource> all, long version) {
    forgetOthers(all, version, false);
    listedAt = version;
    all.forEach(this::listed);
  }

  /** All Jobs with a schedule's label were listed, and only these existed then. */
  public synchronized void listedOfSchedules(Collection<JobResource> all, long version) {
    forgetOthers(all, version, true);
    runsListedAt = version;
    all.forEach(this::listed);
  }

  private void forgetOthers(Collection<JobResource> all, long version, boolean ofSchedules) {
    Set<String> uids = new HashSet<>();
    all.forEach(job -> uids.add(job.getMetadata().getUid()));
    List<Entry> gone =
        jobs.values().stream()
            .filter(e -> e.job.ofSchedule() == ofSchedules && e.job.version() <= version)
            .filter(e -> !uids.contains(e.job.uid()))
            .toList();
    gone.forEach(this::forget);
  }

  /** As of which version that list is of which the Job would be part; negative before there is. */
  private long listedAt(AdhocJob job) {
    return job.ofSchedule() ? runsListedAt : listedAt;
  }

  /** The watch tells that a Job is gone. */
  public void gone(JobResource job) {
    listed(job); // the last reading tells how it stood
    leave(job);
  }

  private synchronized void leave(JobResource job) {
    Entry entry = jobs.get(key(job));
    if (entry != null && entry.job.uid().equals(job.getMetadata().getUid())) {
      gone(entry);
    }
  }

  private synchronized void put(AdhocJob job, boolean byWatch) {
    Entry entry = jobs.get(job.key());
    if (entry != null && !entry.job.uid().equals(job.uid())) {
      if (job.version() < entry.job.version()) {
        return;
      }
      gone(entry);
      entry = null;
    }
    boolean news = true;
    if (entry == null) {
      if (byWatch && job.version() <= listedAt(job)) {
        return; // it was gone by then
      }
      entry = new Entry(job);
      entry.ran = job.admitted().isPresent();
      jobs.put(job.key(), entry);
      count(job, 1);
      if (byWatch) {
        tellUngated(job);
      }
    } else if (job.version() > entry.job.version()) {
      news = !job.admitted().equals(entry.job.admitted());
      entry.ran |= news;
      count(entry.job, -1);
      entry.job = job;
      count(job, 1);
    } else {
      return;
    }
    if (news) {
      // Of another leader, or one whose answer was lost: the next start keeps its distance.
      job.admitted().ifPresent(at -> pools.startedAt(job.pool(), at));
    }
    place(entry);
  }

  private void count(AdhocJob job, int by) {
    if (job.phase() == AdhocJob.Phase.QUEUED) {
      queued.compute(
          job.pool(),
          (pool, known) -> {
            var namespaces = known == null ? new ConcurrentHashMap<String, Integer>() : known;
            namespaces.merge(job.key().namespace(), by, (a, b) -> a + b == 0 ? null : a + b);
            return namespaces.isEmpty() ? null : namespaces;
          });
    }
  }

  private void tellUngated(AdhocJob job) {
    if (actions != null && job.phase() == AdhocJob.Phase.RUNNING && job.admitted().isEmpty()) {
      metrics.jobNotGated();
      events.record(
          job.reference(),
          EventRecorder.Type.WARNING,
          "NotGated",
          START,
          "The Job takes %d slots of WorkerPool %s without having waited for them: it did not pass the webhook"
              .formatted(job.slots(), job.pool()));
    }
  }

  /** The Job is gone; its Pods may be there still. */
  private void gone(Entry entry) {
    // A new leader lists Pods after Jobs: until then nobody need keep them in mind.
    if (entry.held && !entry.job.foreground() && listedAt(entry.job) >= 0) {
      keep(entry.job.uid(), entry.job.pool(), entry.job.key(), entry.job.slots());
    }
    forget(entry);
  }

  private void forget(Entry entry) {
    jobs.remove(entry.job.key());
    looking.remove(entry.job.uid());
    count(entry.job, -1);
    leave(entry);
  }

  // ---- its place in the pool

  private void place(Entry entry) {
    AdhocJob job = entry.job;
    entry.ran |= job.phase() == AdhocJob.Phase.RUNNING;
    if (entry.starting) {
      return; // it has slots, and what is to be done follows from the answer
    }
    boolean hasPods = job.countsPods() || entry.ran;
    if (isQuiet(entry)) {
      lookForPods(entry);
    }
    switch (job.phase()) {
      case RUNNING -> hold(entry);
      case ENDED -> leave(entry);
      case PAUSED -> holdWhile(hasPods, entry);
      case QUEUED -> {
        if (hasPods) {
          hold(entry);
          tell(entry, "WaitingForTermination", "its Pods of before it was suspended are ending");
        } else if (job.deleting() || entry.withheld) {
          leave(entry);
        } else {
          offer(entry);
        }
      }
    }
  }

  private void holdWhile(boolean hasPods, Entry entry) {
    if (hasPods) {
      hold(entry);
    } else {
      leave(entry);
    }
  }

  /**
   * Whether it has run, and its controller has confirmed a suspension and counts no Pods. That may
   * be the suspension of before it ran: the controller has perhaps made Pods that it has not
   * counted yet.
   */
  private static boolean isQuiet(Entry entry) {
    AdhocJob job = entry.job;
    return entry.ran && job.isSuspended() && job.confirmed() && !job.countsPods();
  }

  private void lookForPods(Entry entry) {
    AdhocActions now = actions;
    if (now != null && looking.putIfAbsent(entry.job.uid(), entry.job.key()) == null) {
      now.findPods(entry.job.key().namespace(), entry.job.uid(), PODS);
    }
  }

  private void hold(Entry entry) {
    AdhocJob job = entry.job;
    Place place = Place.of(job);
    pools.hold(job.pool(), job.holder(), job.slots());
    if (entry.place != null && !entry.place.equals(place)) {
      leave(entry); // its labels are others now
    }
    entry.place = place;
    entry.offered = null;
    entry.held = true;
  }

  /** Slots that were granted to what it was before are not those that it needs now. */
  private void offer(Entry entry) {
    PoolClaim claim = entry.job.claim();
    Place place = Place.of(entry.job);
    if (entry.held || !place.equals(entry.place) || !claim.equals(entry.offered)) {
      leave(entry);
    }
    entry.place = place;
    entry.offered = claim;
    pools.offer(place.pool(), claim);
  }

  private void leave(Entry entry) {
    if (entry.place != null) {
      pools.release(entry.place.pool(), entry.place.holder());
      entry.place = null;
    }
    entry.offered = null;
    entry.held = false;
  }

  // ---- its turn

  /** From now on acts. All Jobs and Pods have been listed. */
  synchronized void lead(AdhocActions newActions) {
    actions = newActions;
    leftovers.forEach((uid, left) -> newActions.findPods(left.holder().namespace(), uid, PODS));
    jobs.values().stream().filter(AdhocJobs::isQuiet).forEach(this::lookForPods);
  }

  /** It is a Job's turn, or it waits for another reason. Called by whoever has changed the pool. */
  private void turn(JobKey holder) {
    AdhocActions now = actions;
    if (now != null) {
      now.later(() -> look(holder), Duration.ZERO);
    }
  }

  private synchronized void look(JobKey holder) {
    Entry entry = jobs.get(holder.whole());
    AdhocActions now = actions;
    if (entry == null
        || now == null
        || entry.place == null
        || entry.held
        || entry.job.phase() != AdhocJob.Phase.QUEUED) {
      return;
    }
    Place place = entry.place;
    if (pools.holds(place.pool(), place.holder())) {
      entry.held = true;
      start(entry, now);
    } else {
      pools
          .reason(place.pool(), place.holder())
          .ifPresent(reason -> tell(entry, reason.toString(), reason.sentence()));
    }
  }

  private static void start(Entry entry, AdhocActions now) {
    entry.starting = true;
    entry.sent = entry.job.version();
    now.start(entry.job);
  }

  private void tell(Entry entry, String reason, String sentence) {
    if (actions == null || reason.equals(entry.told)) {
      return;
    }
    entry.told = reason;
    metrics.runWaits(reason);
    events.record(
        entry.job.reference(),
        EventRecorder.Type.NORMAL,
        reason,
        START,
        "The Job waits for WorkerPool %s: %s".formatted(entry.job.pool(), sentence));
  }

  // ---- what came of it

  /** The Job was started, and has that version since. */
  synchronized void started(AdhocJob job, long version, Instant admittedAt) {
    pools.created(job.pool(), admittedAt);
    find(job)
        .ifPresent(
            entry -> {
              entry.starting = false;
              entry.ran = true;
              entry.unanswered = 0;
              entry.refused = 0;
              entry.told = "";
              if (version > entry.job.version()) {
                count(entry.job, -1);
                entry.job = entry.job.started(version, admittedAt);
              }
              place(entry);
            });
  }

  /** The API server has refused to start the Job. */
  synchronized void refused(AdhocJob job, String message) {
    find(job)
        .ifPresent(
            entry -> {
              entry.starting = false;
              entry.withheld = true;
              act().later(() -> tryAgain(job), Backoff.after(++entry.refused, true));
              tell(entry, "StartRefused", message);
              place(entry);
            });
  }

  private synchronized void tryAgain(AdhocJob job) {
    find(job)
        .ifPresent(
            entry -> {
              entry.withheld = false;
              place(entry);
            });
  }

  /** Nobody knows whether the Job was started. */
  synchronized void unanswered(AdhocJob job) {
    find(job)
        .ifPresent(
            entry -> {
              // Most often it was a conflict with a change that has come meanwhile.
              int tries = entry.unanswered++;
              act().read(entry.job, tries == 0 ? Duration.ZERO : Backoff.after(tries, false));
            });
  }

  /** The Job, read anew because it was not known whether it was started. */
  synchronized void read(JobResource job) {
    Optional<AdhocJob> reading = AdhocJob.of(job);
    if (reading.isEmpty()) {
      startedAsRun(job);
      return;
    }
    put(reading.get(), false);
    find(reading.get())
        .filter(entry -> entry.starting)
        .ifPresent(
            entry -> {
              if (entry.job.version() == entry.sent || isStillItsTurn(entry)) {
                // The request may be under way still, or was too late for a change that does not
                // matter, such as the controller's note of the suspension.
                start(entry, act());
              } else {
                entry.starting = false; // it cannot have any effect any more
                place(entry);
              }
            });
  }

  /** Whether the slots that it was granted are those that it still waits for. */
  private static boolean isStillItsTurn(Entry entry) {
    AdhocJob job = entry.job;
    return job.phase() == AdhocJob.Phase.QUEUED
        && !job.deleting()
        && !job.countsPods()
        && !entry.ran
        && Place.of(job).equals(entry.place)
        && job.claim().equals(entry.offered);
  }

  /** It keeps its slots until the watch has told its schedule as well. */
  private void startedAsRun(JobResource job) {
    Entry entry = jobs.get(key(job));
    if (entry != null && entry.starting && entry.job.uid().equals(job.getMetadata().getUid())) {
      started(
          entry.job,
          Run.version(job.getMetadata()),
          Run.of(job).map(Run::admitted).orElse(entry.job.created()));
    }
  }

  /** The Job does not exist any more. */
  synchronized void missing(AdhocJob job) {
    find(job).ifPresent(this::gone);
  }

  private Optional<Entry> find(AdhocJob job) {
    return Optional.ofNullable(jobs.get(job.key()))
        .filter(entry -> entry.job.uid().equals(job.uid()));
  }

  private AdhocActions act() {
    AdhocActions now = actions;
    if (now == null) {
      throw new IllegalStateException("only the leader starts Jobs");
    }
    return now;
  }

  // ---- Pods without a Job

  /** Whether the Job to which a Pod belongs is known here, and has slots. */
  public synchronized boolean holds(PodMetadata pod) {
    return entryOf(pod).filter(entry -> entry.held).isPresent();
  }

  private Optional<Entry> entryOf(PodMetadata pod) {
    return Optional.ofNullable(jobs.get(new JobKey(pod.namespace(), pod.jobName())))
        .filter(entry -> entry.job.uid().equals(pod.jobUid()));
  }

  /** Pods of one Job were listed; the Job may exist or not. */
  public synchronized void listedPods(Collection<PodMetadata> pods) {
    PodMetadata pod = pods.iterator().next();
    if (!pod.jobUid().isEmpty() && entryOf(pod).isEmpty()) {
      pod.pool()
          .ifPresent(
              pool ->
                  keep(
                      pod.jobUid(), pool, new JobKey(pod.namespace(), pod.jobName()), pods.size()));
    }
  }

  private void keep(String jobUid, PoolKey pool, JobKey job, int slots) {
    JobKey holder = AdhocJob.leftover(job, jobUid);
    leftovers.put(jobUid, new Leftover(pool, holder));
    pools.hold(pool, holder, slots);
    AdhocActions now = actions;
    if (now != null) {
      now.findPods(job.namespace(), jobUid, Duration.ZERO);
    }
  }

  /** Whether Pods are there of a Job that is gone. */
  synchronized void pods(String namespace, String jobUid, boolean exist) {
    if (looking.containsKey(jobUid)) {
      podsOfSuspended(Objects.requireNonNull(jobs.get(looking.get(jobUid))), exist);
      return;
    }
    Leftover left = leftovers.get(jobUid);
    if (left == null) {
      return;
    }
    if (exist) {
      act().findPods(namespace, jobUid, PODS);
    } else {
      leftovers.remove(jobUid);
      pools.release(left.pool(), left.holder());
    }
  }

  private void podsOfSuspended(Entry entry, boolean exist) {
    looking.remove(entry.job.uid());
    if (isQuiet(entry) && !exist) {
      entry.ran = false;
    }
    place(entry); // asks again if that is still the question
  }
}
