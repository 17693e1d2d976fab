package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.Cloner;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.ReportSource;
import io.scanwarden.operator.observe.audit.AuditLog;
import io.scanwarden.operator.pool.AdhocJobs;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.run.Backoff;
import io.scanwarden.operator.run.IdentityStore;
import io.scanwarden.operator.run.JobClient;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.PodMetadata;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.tenant.Holdings;
import io.scanwarden.operator.tenant.TenantRoom;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * ScanSchedules: wires the two lanes, keeps the caches warm on every replica, and acts on the
 * leader.
 */
public final class ScheduleRoom implements Room {
  private static final Logger log = LoggerFactory.getLogger(ScheduleRoom.class);
  private static final int REPORTERS = 4;

  /** So many statuses are asked for at a time: those being written, and the next ones. */
  private static final int AT_A_TIME = 2 * REPORTERS;

  /** Caches are filled by so many at a time: all at once may be more than there is memory for. */
  private static final long PAGE = 500;

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final WorkClock clock;
  private final PoolAdmission pools;
  private final AdhocJobs others;
  private final TenantRoom tenants;
  private final Holdings holdings;
  private final JobClient starts;
  private final ScheduleRegistry registry;
  private final Dispatcher dispatcher;
  private final Reports reports;
  private final ReportSource<ScheduleResource> source;
  private final Operator operator;
  private final ExecutorService reporters =
      Executors.newFixedThreadPool(REPORTERS, Thread.ofPlatform().name("report-", 0).factory());
  private volatile List<SharedIndexInformer<JobResource>> jobs = List.of();
  private volatile boolean warm;

  /**
   * Wires the room.
   *
   * @param fireClient creates Jobs and nothing else
   * @param pools where Jobs get their slots
   * @param others told of Jobs with the label of a schedule: some are not its runs, or wait
   * @param tenants where runs get places, and what is told of schedules and their Jobs
   * @param namespaces those to watch; empty for all
   */
  public ScheduleRoom(
      KubernetesClient fireClient,
      KubernetesClient client,
      WriteFence fence,
      WorkClock clock,
      Metrics metrics,
      EventRecorder events,
      AuditLog audit,
      PoolAdmission pools,
      AdhocJobs others,
      TenantRoom tenants,
      Set<String> namespaces) {
    this.pools = pools;
    this.others = others;
    this.tenants = tenants;
    this.holdings = tenants.holdings();
    this.client = client;
    this.namespaces = Set.copyOf(namespaces);
    this.clock = clock;
    // Lists and watches of these kinds are read as these classes, by whichever way they come.
    client.getKubernetesSerialization().registerKubernetesResource(ScheduleResource.class);
    client.getKubernetesSerialization().registerKubernetesResource(JobResource.class);
    registry =
        new ScheduleRegistry(
            clock,
            new Telemetry(events, metrics, audit),
            new ConcurrencyGroups(this::turnComes),
            new PoolTurns(pools, this::turnComes),
            new QuotaTurns(tenants.runs(), this::turnComes));
    starts = new JobClient(fireClient);
    OperationRunner runner =
        new OperationRunner(starts, new JobClient(client), pools, fence, clock, metrics);
    source = new ReportSource<>(this::read, this::gone);
    reports =
        new Reports(
            key -> source.emit(key.namespace(), key.name()),
            this::firesAreDue,
            AT_A_TIME,
            System::nanoTime);
    dispatcher = new Dispatcher(clock, runner, metrics, reports::request);
    events.behind(this::firesAreDue);
    operator =
        new Operator(
            o ->
                o.withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withUseSSAToPatchPrimaryResource(false)
                    .withResourceCloner(new Unchanged())
                    .withExecutorService(reporters));
    operator.register(
        new ScheduleReconciler(
            registry, dispatcher, reports, source, new StatusWriter(client), metrics, clock),
        o -> {
          // Additions must pass: the framework drops our events for resources that it never saw
          // added.
          o.withName("scanschedule")
              .withGenerationAware(false)
              .withOnUpdateFilter((newer, older) -> false)
              .withReconciliationMaxInterval(null)
              .withInformerListLimit(PAGE)
              .withItemStore(new IdentityStore<>(ScheduleResource::new))
              .withRetry(
                  new GenericRetry()
                      .setInitialInterval(Duration.ofMillis(500).toMillis())
                      .setIntervalMultiplier(2)
                      .setMaxInterval(Backoff.MAX_REFUSED.toMillis())
                      .withoutMaxAttempts());
          if (!this.namespaces.isEmpty()) {
            o.settingNamespaces(this.namespaces);
          }
        });
    tenants.onChange(this::tenantChanged);
    metrics.gauge("schedules", "ScanSchedules that are known", registry::size);
    metrics.gauge("reports.waiting", "Statuses that wait to be written", reports::backlog);
  }

  @Override
  public String name() {
    return "schedules";
  }

  @Override
  public void start() {
    Thread rehearsal = Thread.ofPlatform().name("rehearsal").start(ScheduleRoom::rehearse);
    jobs = namespaces.isEmpty() ? List.of(watchJobs(Optional.empty())) : watchEach();
    operator.start();
    try {
      rehearsal.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    warm = true;
  }

  private static void rehearse() {
    try {
      log.debug("{} fires rehearsed", new Rehearsal().run());
    } catch (IOException | RuntimeException e) {
      log.warn("The first fires will be slower: the rehearsal failed", e);
    }
  }

  private List<SharedIndexInformer<JobResource>> watchEach() {
    return namespaces.stream().sorted().map(ns -> watchJobs(Optional.of(ns))).toList();
  }

  private SharedIndexInformer<JobResource> watchJobs(Optional<String> namespace) {
    var all = client.resources(JobResource.class);
    FilterWatchListDeletable<
            JobResource, KubernetesResourceList<JobResource>, Resource<JobResource>>
        ours =
            namespace.isPresent()
                ? all.inNamespace(namespace.get()).withLabel(Marks.SCHEDULE)
                : all.inAnyNamespace().withLabel(Marks.SCHEDULE);
    SharedIndexInformer<JobResource> informer = ours.withLimit(PAGE).runnableInformer(0);
    informer.itemStore(new IdentityStore<>(JobResource::new));
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(JobResource job) {
            read(job, () -> registry.put(job));
          }

          @Override
          public void onUpdate(JobResource before, JobResource job) {
            read(job, () -> registry.put(before, job));
          }

          @Override
          public void onDelete(JobResource job, boolean unknownFinalState) {
            others.gone(job);
            holdings.gone(job);
            registry.remove(job).ifPresent(ScheduleRoom.this::changed);
          }
        });
    informer.run();
    return informer;
  }

  /** Nobody changes what the framework hands out, so that it need not be copied. */
  private static final class Unchanged implements Cloner {
    @Override
    public <R extends HasMetadata> R clone(R resource) {
      return resource;
    }
  }

  /**
   * What counts for a tenant is passed on without a gap: a Job counts before its run stops waiting
   * for it, and one that ends does so until its run waits for the next attempt.
   */
  private void read(JobResource job, Supplier<Optional<ScheduleState>> news) {
    if (!job.hasEnded()) {
      holdings.seen(job);
    }
    others.seen(job);
    news.get().ifPresent(this::changed);
    others.handOver(job);
    if (job.hasEnded()) {
      holdings.seen(job);
    }
  }

  private void read(ScheduleResource schedule) {
    hold(schedule);
    registry.put(schedule).ifPresent(this::changed);
  }

  private void hold(ScheduleResource schedule) {
    ScheduleKey key = ScheduleRegistry.key(schedule);
    ObjectMeta metadata = schedule.getMetadata();
    holdings.schedule(key.namespace(), key.name(), metadata.getUid(), Run.version(metadata));
  }

  private void gone(ScheduleResource schedule) {
    ScheduleKey key = ScheduleRegistry.key(schedule);
    holdings.scheduleGone(key.namespace(), key.name(), schedule.getMetadata().getUid());
    registry.remove(schedule).ifPresent(dispatcher::poke); // it is not to be woken any more
    reports.done(key);
  }

  private boolean firesAreDue() {
    return dispatcher.isBusy();
  }

  private void turnComes(ScheduleKey schedule) {
    registry.find(schedule).ifPresent(dispatcher::poke);
  }

  /**
   * Its runs have to ask from now on, or no more. Those without a pool hold their slots before
   * anything of the namespace starts for its new tenant.
   */
  private void tenantChanged(String namespace) {
    List<ScheduleState> states =
        registry.all().stream().filter(state -> state.key().namespace().equals(namespace)).toList();
    states.forEach(ScheduleState::tenantChanged);
    pools.tenantChanged(namespace);
    states.forEach(dispatcher::poke);
  }

  private void changed(ScheduleState state) {
    dispatcher.poke(state);
    reports.request(state);
  }

  @Override
  public boolean ready() {
    return warm && jobs.stream().allMatch(SharedIndexInformer::hasSynced);
  }

  @Override
  public void lead(long term) {
    try {
      takeOver(term);
    } catch (IOException e) {
      // Who cannot read what there is must not act: the process gives the Lease up.
      throw new UncheckedIOException(e);
    }
  }

  private void takeOver(long term) throws IOException {
    tenants.awaitQuotas();
    Takeover takeover = new Takeover(client, namespaces, clock);
    var listedSchedules = takeover.schedules(registry::knows);
    var listedJobs = takeover.jobs();
    List<Takeover.Found> schedules = listedSchedules.items();
    List<JobResource> existing = listedJobs.items();
    List<PodMetadata> pods = takeover.pods();
    Set<String> listed = new HashSet<>();
    schedules.forEach(schedule -> listed.add(schedule.uid()));
    existing.forEach(job -> listed.add(job.getMetadata().getUid()));
    registry.listed(listed, new ListedAt(listedSchedules.version(), listedJobs.version()));
    schedules.forEach(schedule -> schedule.news().ifPresent(registry::listed));
    existing.forEach(registry::listed);
    schedules.forEach(schedule -> schedule.news().ifPresent(this::hold));
    existing.forEach(holdings::seen);
    others.listedOfSchedules(existing, listedJobs.version());
    pods.stream()
        .collect(Collectors.groupingBy(PodMetadata::jobUid))
        .values()
        .forEach(this::podsOfAJob);
    existing.stream().map(Run::of).flatMap(Optional::stream).forEach(this::keepDistance);
    Instant now = clock.instant();
    registry.lead(now);
    Map<ScheduleKey, Takeover.Found> found = new HashMap<>();
    schedules.forEach(schedule -> found.put(schedule.key(), schedule));
    for (ScheduleState state : registry.all()) {
      Optional<Takeover.Found> listing = Optional.ofNullable(found.get(state.key()));
      registry.lead(
          state,
          listing.map(Takeover.Found::uid).orElse(""),
          listing.flatMap(takeover::status),
          now);
    }
    // Whatever runs is known now, also of the other schedules of a group, and of all pools.
    pools.jobsKnown();
    tenants.told();
    dispatcher.start();
    reports.start();
    registry.all().forEach(this::changed);
    log.info("Leading in term {}: {} schedules, {} Jobs", term, schedules.size(), existing.size());
  }

  private void podsOfAJob(List<PodMetadata> pods) {
    PodMetadata pod = pods.getFirst();
    if (others.holds(pod)) {
      return; // a Job that a schedule of that name left behind
    }
    registry
        .find(new ScheduleKey(pod.namespace(), pod.schedule()))
        .ifPresentOrElse(
            state ->
                state.podsOf(pod.jobName(), pod.jobUid(), pod.pool(), pods.size(), clock.instant()),
            () -> others.listedPods(pods));
  }

  /** The next start in a run's pool keeps its distance. */
  private void keepDistance(Run run) {
    run.pool().ifPresent(pool -> pools.startedAt(pool, run.admitted()));
  }

  @Override
  public void close() {
    dispatcher.close();
    reports.close();
    jobs.forEach(SharedIndexInformer::close);
    operator.stop();
    reporters.shutdownNow();
  }
}
