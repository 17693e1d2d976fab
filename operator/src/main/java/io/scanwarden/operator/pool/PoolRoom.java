package io.scanwarden.operator.pool;

import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import io.fabric8.kubernetes.client.dsl.Filterable;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.scanwarden.api.v1alpha1.WorkerPoolStatus;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.ReportSource;
import io.scanwarden.operator.observe.ViewAccess;
import io.scanwarden.operator.run.IdentityStore;
import io.scanwarden.operator.run.JobClient;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.NamespaceLabels;
import io.scanwarden.operator.run.PodMetadata;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.RawApi;
import io.scanwarden.operator.tenant.Holdings;
import io.scanwarden.operator.tenant.TenantRoom;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** WorkerPools: follows them and the Jobs in them, and reports how full they are. */
public final class PoolRoom implements Room {
  private static final String ANY = "application/json";

  /** Jobs, and Pods of such, that no schedule's room follows. */
  private static final String ADHOC = Marks.POOL + ",!" + Marks.SCHEDULE;

  private static final long PAGE = 500;

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final WorkClock clock;
  private final PoolAdmission admission;
  private final AdhocJobs adhoc;
  private final AdhocRunner runner;
  private final ReportSource<PoolResource> source;
  private final Operator operator;
  private final ConcurrentHashMap<PoolKey, PoolState> states = new ConcurrentHashMap<>();
  private final TenantRoom tenants;
  private final Holdings holdings;
  private volatile List<SharedIndexInformer<?>> informers = List.of();
  private volatile boolean warm;
  private volatile boolean leads;

  /**
   * Wires the room.
   *
   * @param fireClient starts Jobs and nothing else
   * @param tenants told of the Jobs that no schedule's room follows
   * @param namespaces those to watch; empty for all
   */
  public PoolRoom(
      KubernetesClient fireClient,
      KubernetesClient client,
      WriteFence fence,
      WorkClock clock,
      Metrics metrics,
      EventRecorder events,
      NamespaceLabels labels,
      TenantRoom tenants,
      Set<String> namespaces) {
    this.client = client;
    this.clock = clock;
    this.tenants = tenants;
    this.holdings = tenants.holdings();
    this.namespaces = Set.copyOf(namespaces);
    client.getKubernetesSerialization().registerKubernetesResource(PoolResource.class);
    client.getKubernetesSerialization().registerKubernetesResource(JobResource.class);
    admission = new PoolAdmission(clock, labels::of, tenants::slots, metrics);
    labels.onChange(admission::namespaceChanged);
    tenants.onLimits(admission::limitChanged);
    adhoc = new AdhocJobs(admission, events, metrics);
    runner =
        new AdhocRunner(
            adhoc, new JobClient(fireClient), new JobClient(client), fence, clock, metrics);
    source = new ReportSource<>(this::read, this::gone);
    admission.onChange(pool -> source.emit(pool.namespace(), pool.name()));
    operator =
        new Operator(
            o ->
                o.withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withUseSSAToPatchPrimaryResource(false));
    operator.register(
        new PoolReconciler(client, source, this::report, this::reported, metrics),
        o -> {
          o.withName("workerpool")
              .withGenerationAware(false)
              .withOnUpdateFilter((newer, older) -> false)
              .withReconciliationMaxInterval(null)
              .withRetry(
                  new GenericRetry()
                      .setInitialInterval(Duration.ofMillis(500).toMillis())
                      .setIntervalMultiplier(2)
                      .setMaxInterval(Duration.ofMinutes(1).toMillis())
                      .withoutMaxAttempts());
          if (!this.namespaces.isEmpty()) {
            o.settingNamespaces(this.namespaces);
          }
        });
    metrics.gauge("pools", "WorkerPools that are known", states::size);
  }

  /** Where Jobs get their slots. */
  public PoolAdmission admission() {
    return admission;
  }

  /** The Jobs in pools that are no runs of schedules. */
  public AdhocJobs adhoc() {
    return adhoc;
  }

  /** What is served over HTTPS. */
  public PoolViews views() {
    return new PoolViews(
        new ViewAccess(client), admission, Collections.unmodifiableMap(states), () -> leads, clock);
  }

  @Override
  public String name() {
    return "pools";
  }

  @Override
  public void start() {
    List<SharedIndexInformer<?>> following = new ArrayList<>();
    if (namespaces.isEmpty()) {
      following.add(followJobs(client.resources(JobResource.class).inAnyNamespace()));
    }
    for (String namespace : namespaces) {
      following.add(followJobs(client.resources(JobResource.class).inNamespace(namespace)));
    }
    informers = List.copyOf(following);
    operator.start();
    warm = true;
  }

  /** Those that no schedule's room follows. */
  private SharedIndexInformer<JobResource> followJobs(
      Filterable<
              FilterWatchListDeletable<
                  JobResource, KubernetesResourceList<JobResource>, Resource<JobResource>>>
          which) {
    SharedIndexInformer<JobResource> informer =
        which
            .withLabel(Marks.POOL)
            .withoutLabel(Marks.SCHEDULE)
            .withLimit(PAGE)
            .runnableInformer(0);
    informer.itemStore(new IdentityStore<>(JobResource::new));
    informer.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(JobResource job) {
            holdings.seen(job);
            adhoc.seen(job);
          }

          @Override
          public void onUpdate(JobResource before, JobResource job) {
            holdings.seen(job);
            adhoc.seen(job);
          }

          @Override
          public void onDelete(JobResource job, boolean unknownFinalState) {
            holdings.gone(job);
            adhoc.gone(job);
          }
        });
    informer.run();
    return informer;
  }

  /** The echo of a status is no news: how full a pool is is reported once a second. */
  private void read(PoolResource pool) {
    boolean[] news = new boolean[1];
    states.compute(
        pool.key(),
        (key, known) -> {
          if (known == null || !known.isOf(pool)) {
            news[0] = true;
            PoolState fresh = new PoolState(pool);
            fresh.lead(admission.started(key));
            admission.put(key, fresh.spec());
            return fresh;
          }
          if (known.read(pool)) {
            news[0] = true;
            admission.put(key, known.spec());
          }
          return known;
        });
    if (news[0]) {
      measure();
    }
    if (news[0] && leads) {
      source.emit(pool.key().namespace(), pool.key().name());
    }
  }

  private void gone(PoolResource pool) {
    states.computeIfPresent(
        pool.key(),
        (key, state) -> {
          if (!state.isOf(pool)) {
            return state;
          }
          admission.remove(key);
          return null;
        });
    measure();
  }

  private void measure() {
    if (leads) {
      admission.measure(Set.copyOf(states.keySet()), this::slots);
    }
  }

  private double slots(PoolKey pool) {
    PoolState state = states.get(pool);
    return state == null || state.spec().maxConcurrent().isEmpty()
        ? Double.POSITIVE_INFINITY
        : state.spec().maxConcurrent().getAsInt();
  }

  private Optional<WorkerPoolStatus> report(PoolResource pool) {
    PoolKey key = pool.key();
    return leads
        ? Optional.ofNullable(states.get(key))
            .flatMap(s -> s.report(admission.numbers(key), admission.started(key), clock.instant()))
        : Optional.empty();
  }

  private void reported(PoolKey key, WorkerPoolStatus status) {
    PoolState state = states.get(key);
    if (state != null) {
      state.reported(status);
    }
  }

  @Override
  public boolean ready() {
    return warm && informers.stream().allMatch(SharedIndexInformer::hasSynced);
  }

  @Override
  public void lead(long term) {
    try {
      takeOver();
    } catch (IOException e) {
      // Who cannot read what there is must not act: the process gives the Lease up.
      throw new UncheckedIOException(e);
    }
    states.forEach((pool, state) -> state.lead(admission.started(pool)));
    leads = true;
    measure();
    admission.poolsKnown();
    states.keySet().forEach(pool -> source.emit(pool.namespace(), pool.name()));
  }

  /** Reads what there is as the quorum has it: caches may be behind. */
  private void takeOver() throws IOException {
    RawApi api = new RawApi(client);
    for (String path : RawApi.collections("scanwarden.io/v1alpha1", namespaces, "workerpools")) {
      api.list(path, "", ANY, PoolResource.class).items().forEach(this::read);
    }
    JobClient jobs = new JobClient(client);
    var listed = jobs.jobs(namespaces, ADHOC);
    listed.items().forEach(holdings::seen);
    adhoc.listed(listed.items(), listed.version());
    jobs.pods(namespaces, ADHOC).stream()
        .collect(Collectors.groupingBy(PodMetadata::jobUid))
        .values()
        .forEach(adhoc::listedPods);
    adhoc.lead(runner);
    tenants.told();
    tenants.awaitQuotas();
  }

  @Override
  public void close() {
    runner.close();
    admission.close();
    informers.forEach(SharedIndexInformer::close);
    operator.stop();
  }
}
