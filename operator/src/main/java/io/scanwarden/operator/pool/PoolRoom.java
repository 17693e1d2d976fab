package io.scanwarden.operator.pool;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.scanwarden.api.v1alpha1.WorkerPoolStatus;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.ReportSource;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.RawApi;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** WorkerPools: follows them and the labels of namespaces, and reports how full they are. */
public final class PoolRoom implements Room {
  private static final Logger log = LoggerFactory.getLogger(PoolRoom.class);

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final WorkClock clock;
  private final PoolAdmission admission;
  private final ReportSource<PoolResource> source;
  private final Operator operator;
  private final ConcurrentHashMap<PoolKey, PoolState> states = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Map<String, String>> labels = new ConcurrentHashMap<>();
  private volatile List<SharedIndexInformer<Namespace>> informers = List.of();
  private volatile boolean warm;
  private volatile boolean leads;

  /**
   * Wires the room.
   *
   * @param namespaces those to watch; empty for all
   */
  public PoolRoom(
      KubernetesClient client, WorkClock clock, Metrics metrics, Set<String> namespaces) {
    this.client = client;
    this.clock = clock;
    this.namespaces = Set.copyOf(namespaces);
    client.getKubernetesSerialization().registerKubernetesResource(PoolResource.class);
    admission = new PoolAdmission(clock, name -> Optional.ofNullable(labels.get(name)));
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

  @Override
  public String name() {
    return "pools";
  }

  @Override
  public void start() {
    informers =
        namespaces.isEmpty()
            ? List.of(follow(client.namespaces()))
            : namespaces.stream().map(this::followOne).flatMap(Optional::stream).toList();
    operator.start();
    warm = true;
  }

  /** With rights in some namespaces only, their labels cannot be watched. */
  private Optional<SharedIndexInformer<Namespace>> followOne(String name) {
    var one = client.namespaces().withField("metadata.name", name);
    try {
      one.list();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
      log.warn(
          "The labels of namespace {} may not be read: no WorkerPool that selects namespaces by"
              + " labels will allow it. {}",
          name,
          e.getMessage());
      return Optional.empty();
    }
    return Optional.of(follow(one));
  }

  private SharedIndexInformer<Namespace> follow(Informable<Namespace> which) {
    SharedIndexInformer<Namespace> informer = which.runnableInformer(0);
    informer.addEventHandler(new Labels());
    informer.run();
    return informer;
  }

  private final class Labels implements ResourceEventHandler<Namespace> {
    @Override
    public void onAdd(Namespace namespace) {
      put(namespace);
    }

    @Override
    public void onUpdate(Namespace before, Namespace namespace) {
      put(namespace);
    }

    @Override
    public void onDelete(Namespace namespace, boolean unknownFinalState) {
      String name = namespace.getMetadata().getName();
      if (labels.remove(name) != null) {
        admission.namespaceChanged(name);
      }
    }

    private void put(Namespace namespace) {
      String name = namespace.getMetadata().getName();
      Map<String, String> now =
          Optional.ofNullable(namespace.getMetadata().getLabels())
              .map(Map::copyOf)
              .orElse(Map.of());
      if (!now.equals(labels.put(name, now))) {
        admission.namespaceChanged(name);
      }
    }
  }

  private void read(PoolResource pool) {
    PoolState state =
        states.compute(
            pool.key(),
            (key, known) -> {
              if (known == null || !known.isOf(pool)) {
                PoolState fresh = new PoolState(pool);
                admission.put(key, fresh.spec());
                return fresh;
              }
              if (known.read(pool)) {
                admission.put(key, known.spec());
              }
              return known;
            });
    if (leads && state != null) {
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
    RawApi api = new RawApi(client);
    try {
      for (String path : RawApi.collections("scanwarden.io/v1alpha1", namespaces, "workerpools")) {
        api.list(path, "", "application/json", PoolResource.class).items().forEach(this::read);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    leads = true;
    admission.poolsKnown();
    states.keySet().forEach(pool -> source.emit(pool.namespace(), pool.name()));
  }

  @Override
  public void close() {
    admission.close();
    informers.forEach(SharedIndexInformer::close);
    operator.stop();
  }
}
