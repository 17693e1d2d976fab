package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.scanwarden.api.v1alpha1.TenantQuota;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.audit.AuditAction;
import io.scanwarden.operator.observe.audit.AuditEntry;
import io.scanwarden.operator.observe.audit.AuditLog;
import io.scanwarden.operator.run.NamespaceLabels;
import io.scanwarden.operator.run.RawApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TenantQuotas: follows them on every replica, which promise places by them; the leader counts what
 * exists, and keeps the quotas that a default one asks for.
 */
public final class TenantRoom implements Room, TenantListener {
  private static final Logger log = LoggerFactory.getLogger(TenantRoom.class);
  private static final String QUOTAS = "/apis/scanwarden.io/v1alpha1/tenantquotas";
  private static final int WRITERS = 8;
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration AGAIN = Duration.ofSeconds(2);

  private final KubernetesClient client;
  private final AuditLog audit;
  private final NamespaceLabels labels;
  private final Holdings holdings = new Holdings();
  private final TenantDirectory directory;
  private final DefaultQuotaKeeper defaults;
  private final TenantMetrics metrics;
  private final ConcurrentHashMap<String, String> known = new ConcurrentHashMap<>();
  private final AtomicBoolean looking = new AtomicBoolean();
  private final Quotas quotas;
  private final QuotaApi api;
  private final ScheduledThreadPoolExecutor executor;
  private final boolean all;
  // What is told of schedules' Jobs and of all others.
  private final CountDownLatch existing = new CountDownLatch(2);
  private final CountDownLatch listed = new CountDownLatch(1);
  private volatile @Nullable SharedIndexInformer<QuotaResource> informer;
  private volatile Optional<QuotaCount> leader = Optional.empty();
  private volatile Consumer<String> moved = namespace -> {};
  private volatile Consumer<String> limited = tenant -> {};
  private volatile boolean warm;

  /**
   * Wires the room.
   *
   * @param open writes without the fence: what every replica may, reservations
   * @param namespaces those that the operator watches; where it may not watch all, there are no
   *     tenants
   */
  public TenantRoom(
      KubernetesClient client,
      KubernetesClient open,
      InstantSource clock,
      Metrics metrics,
      AuditLog audit,
      NamespaceLabels labels,
      Set<String> namespaces) {
    this.client = client;
    this.labels = labels;
    this.audit = audit;
    this.all = namespaces.isEmpty();
    client.getKubernetesSerialization().registerKubernetesResource(QuotaResource.class);
    this.metrics = new TenantMetrics(metrics);
    executor =
        new ScheduledThreadPoolExecutor(
            WRITERS, Thread.ofPlatform().daemon().name("quota-", 0).factory());
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    api = new QuotaClient(client, open);
    directory = new TenantDirectory(this);
    defaults = new DefaultQuotaKeeper(client);
    quotas =
        new Quotas(
            directory,
            holdings,
            name ->
                new QuotaWriter(
                    name,
                    api,
                    holdings,
                    () -> leader,
                    this::later,
                    clock,
                    System::nanoTime,
                    this.metrics),
            this.metrics);
    holdings.onChange(this::changed);
    if (all) {
      labels.onChange(this::namespaceChanged);
    }
    metrics.gauge("tenant.quotas", "TenantQuotas that are known", known::size);
  }

  private void later(Runnable action, Duration delay) {
    var _ = executor.schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void namespaceChanged(String namespace) {
    labels
        .of(namespace)
        .ifPresentOrElse(
            of -> directory.putNamespace(namespace, of),
            () -> directory.removeNamespace(namespace));
  }

  /** What exists of that which counts: to be told by the rooms that follow it. */
  public Holdings holdings() {
    return holdings;
  }

  /** Where webhooks ask for places. */
  public QuotaGate gate() {
    return quotas;
  }

  /** The tenant of a namespace: the name of its quota, or its own where it has none. */
  public String nameOf(String namespace) {
    return directory.tenantOf(namespace) instanceof Tenancy.Of(String quota, var _)
        ? quota
        : namespace;
  }

  /** How many Jobs of the namespace's tenant may run or wait; empty without such a limit. */
  public OptionalInt activeJobs(String namespace) {
    return directory.tenantOf(namespace) instanceof Tenancy.Of(var _, TenantLimits limits)
        ? limits.activeJobs()
        : OptionalInt.empty();
  }

  /** Whose slots the Jobs of a namespace take. */
  public SlotTenant slots(String namespace) {
    return SlotTenant.of(namespace, directory.tenantOf(namespace));
  }

  /** Where the runs of schedules ask for places. */
  public RunPlaces runs() {
    return quotas;
  }

  /** All Jobs of schedules, or all others that count, have been told, as the quorum has them. */
  public void told() {
    existing.countDown();
  }

  /** Who depends on tenants: told of a namespace that belongs to another one since now. */
  public void onChange(Consumer<String> listener) {
    moved = listener;
  }

  /** Who keeps limits: told of a tenant, by its {@link SlotTenant#name}, that may have others. */
  public void onLimits(Consumer<String> listener) {
    limited = listener;
  }

  /** Waits until a new leader knows the quotas as the quorum has them: its caches may be behind. */
  public void awaitQuotas() {
    try {
      listed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the operator stops", e);
    }
  }

  @Override
  public void tenantChanged(String namespace) {
    moved.accept(namespace);
    lookAtDefaults(LOOK);
  }

  @Override
  public void quotaChanged(String quota) {
    limited.accept(SlotTenant.ofQuota(quota));
    if (known.containsKey(quota)) {
      quotas.writer(quota).countNow();
    }
    lookAtDefaults(LOOK);
  }

  /** What comes together is looked at once. */
  private void lookAtDefaults(Duration delay) {
    if (leader.isPresent() && looking.compareAndSet(false, true)) {
      try {
        later(this::keepDefaults, delay);
      } catch (RejectedExecutionException e) {
        log.debug("closing", e);
      }
    }
  }

  private void keepDefaults() {
    looking.set(false);
    try {
      defaults.keep(directory.planDefaults());
    } catch (IOException | RuntimeException e) {
      metrics.failed();
      log.warn("{}", e.getMessage());
      lookAtDefaults(AGAIN);
    }
  }

  private void changed(String namespace) {
    if (directory.tenantOf(namespace) instanceof Tenancy.Of(String quota, var _)) {
      quotas.writer(quota).count();
    }
  }

  @Override
  public String name() {
    return "tenants";
  }

  @Override
  public void start() {
    labels.start();
    if (all) {
      SharedIndexInformer<QuotaResource> following =
          client.resources(QuotaResource.class).runnableInformer(0);
      following.addEventHandler(new Handler());
      following.run();
      informer = following;
    } else {
      directory.complete(); // there are no tenants
      log.info("TenantQuotas are not kept: this operator watches some namespaces only");
    }
    warm = true;
  }

  private final class Handler implements ResourceEventHandler<QuotaResource> {
    /** Told after what the list has. */
    @Override
    public void onList(String version, boolean remainedEmpty) {
      directory.complete();
    }

    @Override
    public void onAdd(QuotaResource quota) {
      read(quota);
    }

    @Override
    public void onUpdate(QuotaResource before, QuotaResource quota) {
      read(quota);
    }

    @Override
    public void onDelete(QuotaResource quota, boolean unknownFinalState) {
      gone(quota);
    }
  }

  private void read(QuotaResource resource) {
    QuotaVersion quota = QuotaVersion.of(resource);
    Optional<QuotaVersion> before = quotas.find(quota.name()).flatMap(QuotaWriter::latest);
    if (before.filter(b -> b.generation() == quota.generation()).isEmpty()) {
      record(quota.name(), before.isEmpty() ? "Created" : "Changed");
    }
    if (known.put(quota.name(), quota.uid()) == null) {
      measure();
    }
    quotas.writer(quota.name()).read(quota);
    directory.put(Quota.of(resource.getMetadata(), quota.spec(), quota.limits()));
  }

  private void gone(QuotaResource resource) {
    String name = resource.getMetadata().getName();
    if (known.remove(name, resource.getMetadata().getUid())) {
      directory.remove(name);
      quotas.forget(name);
      record(name, "Deleted");
      measure();
    }
  }

  private void record(String quota, String what) {
    if (leader.isPresent()) {
      audit.record(
          AuditEntry.clusterWide(AuditAction.QUOTA_CHANGED, TenantQuota.KIND, quota)
              .ofTenant(quota)
              .because(what));
    }
  }

  private void measure() {
    if (leader.isPresent()) {
      metrics.quotas(
          Set.copyOf(known.keySet()),
          name -> quotas.find(name).flatMap(QuotaWriter::latest).map(QuotaVersion::status));
    }
  }

  @Override
  public boolean ready() {
    SharedIndexInformer<QuotaResource> following = informer;
    return warm && labels.isSynced() && (following == null || following.hasSynced());
  }

  @Override
  public void lead(long term) {
    if (!all) {
      listed.countDown();
      return;
    }
    try {
      // As the quorum has it: caches may be behind.
      new RawApi(client)
          .list(QUOTAS, "", "application/json", QuotaResource.class)
          .items()
          .forEach(this::read);
      listed.countDown();
      existing.await();
    } catch (IOException e) {
      // Who cannot read what there is must not act: the process gives the Lease up.
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    leader = Optional.of(new LeaderCount(term, directory, holdings, api));
    known.keySet().forEach(quota -> quotas.writer(quota).countNow());
    measure();
    lookAtDefaults(LOOK);
  }

  @Override
  public void close() {
    SharedIndexInformer<QuotaResource> following = informer;
    if (following != null) {
      following.close();
    }
    labels.close();
    executor.shutdown();
    try {
      while (!executor.awaitTermination(1, TimeUnit.SECONDS)) {
        log.info("waiting for the last writes of TenantQuotas");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
