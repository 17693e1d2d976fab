package io.scanwarden.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.scanwarden.operator.leader.Leadership;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.ApiMetrics;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.HealthChecks.Health;
import io.scanwarden.operator.observe.HttpServer;
import io.scanwarden.operator.observe.KubernetesEventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.TestClockEndpoint;
import io.scanwarden.operator.observe.audit.AuditHeadEndpoint;
import io.scanwarden.operator.observe.audit.AuditLog;
import io.scanwarden.operator.observe.audit.AuditWriter;
import io.scanwarden.operator.run.JobClient;
import io.scanwarden.operator.time.TestWorkClock;
import io.scanwarden.operator.time.WorkClock;
import io.scanwarden.operator.webhook.WebhookOptions;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Wires the operator together: clients, HTTP, election and the rooms that act. */
final class OperatorProcess implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OperatorProcess.class);

  /** Longer than any write lasts. */
  private static final Duration ROOMS_STOP = Duration.ofSeconds(5);

  /**
   * What a room is given.
   *
   * @param fireClient for starting Jobs; obeys the fence, repeats nothing by itself
   * @param client for the rest; obeys the fence
   * @param unfencedClient for the statuses that a standby writes too: reservations of TenantQuotas
   * @param refusals for the Events that a standby tells too: of what its webhooks refuse
   * @param audit keeps nothing if there is no audit log
   * @param namespaces to watch; empty for all
   * @param webhook how it is served; empty if it is not
   */
  record Surroundings(
      KubernetesClient fireClient,
      KubernetesClient client,
      KubernetesClient unfencedClient,
      WriteFence fence,
      WorkClock clock,
      Metrics metrics,
      EventRecorder events,
      EventRecorder refusals,
      AuditLog audit,
      Set<String> namespaces,
      Optional<WebhookOptions> webhook) {}

  /** Makes the rooms. */
  @FunctionalInterface
  interface Rooms {
    List<Room> make(Surroundings surroundings);
  }

  private final KubernetesClient electionClient;
  private final KubernetesClients clients;
  private final Leadership leadership;
  private final KubernetesEventRecorder events;
  private final KubernetesEventRecorder refusals;
  private final @Nullable AuditWriter audit;
  private final HttpServer http;
  private final List<Room> rooms;
  private final TermAcceptance term;
  private final CountDownLatch closing = new CountDownLatch(1);

  /**
   * Wires everything; nothing acts before {@link #start}.
   *
   * @throws IOException when the audit log cannot be written
   */
  OperatorProcess(ProcessOptions options, Rooms rooms) throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Metrics metrics = new Metrics(registry);
    Leadership.Options election = options.election();
    TestWorkClock testClock = options.testClock();

    // It tells real time too, like the API server's own.
    this.audit =
        options.audit().isPresent()
            ? AuditWriter.start(
                options.audit().get(), election.identity(), InstantSource.system(), metrics)
            : null;
    this.electionClient =
        KubernetesClients.forElection(options.cluster(), election.requestTimeout());
    this.leadership = new Leadership(electionClient, election, this::lead);
    Double qps = options.qps();
    RateLimit limit = qps == null ? null : new RateLimit(qps, options.burst(), System::nanoTime);
    this.clients =
        KubernetesClients.create(
            options.cluster(),
            new RequestGuard(
                leadership.fence(),
                KubernetesClients.EXEMPT,
                election.requestTimeout(),
                limit,
                new ApiMetrics(metrics)));
    // Events carry real time: kubectl prints their age.
    this.events =
        new KubernetesEventRecorder(
            clients.general(), election.identity(), InstantSource.system(), metrics);
    this.refusals =
        new KubernetesEventRecorder(
            clients.unfenced(), election.identity(), InstantSource.system(), metrics);
    this.rooms =
        rooms.make(
            new Surroundings(
                clients.fire(),
                clients.general(),
                clients.unfenced(),
                leadership.fence(),
                testClock == null ? WorkClock.system() : testClock,
                metrics,
                events,
                refusals,
                audit == null ? AuditLog.NONE : audit,
                options.namespaces(),
                options.webhook()));
    JobClient starts = new JobClient(clients.fire());
    this.term =
        new TermAcceptance(
            options.namespaces(),
            election.namespace(),
            starts::tryStart,
            leadership.fence(),
            this::pause,
            System::nanoTime,
            metrics);
    this.http =
        new HttpServer(
            options.httpAddress(),
            options.httpPort(),
            registry,
            routes -> routes(routes, testClock));
    checks();
    measure(registry, metrics);
  }

  private void routes(HttpRouting.Builder routes, @Nullable TestWorkClock testClock) {
    if (testClock != null) {
      new TestClockEndpoint(testClock).accept(routes);
    }
    if (audit != null) {
      new AuditHeadEndpoint(audit).accept(routes);
    }
  }

  /**
   * Listens, warms the rooms and stands for election.
   *
   * @return the HTTP port
   */
  int start() {
    int port = http.start();
    for (Room room : rooms) {
      log.info("Warming up {}", room.name());
      room.start();
    }
    leadership.start();
    return port;
  }

  private void lead(long since) {
    Thread.ofPlatform().name("lead").start(() -> takeOver(since));
  }

  /** Nobody looks at what there is while somebody of an earlier term may still change it. */
  private void takeOver(long since) {
    if (term.await()) {
      for (Room room : rooms) {
        Thread.ofPlatform().name(room.name()).start(() -> lead(room, since));
      }
    }
  }

  /** Whether all that time has passed, and the process does not end. */
  private boolean pause(Duration duration) {
    try {
      return !closing.await(duration.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void lead(Room room, long term) {
    try {
      room.lead(term);
    } catch (Throwable e) {
      log.error("{} failed", room.name(), e);
      leadership.giveUp(room.name() + " failed: " + e);
    }
  }

  /**
   * Stops acting, then gives the Lease back, then stops answering. While a write may still be under
   * way the Lease is kept, and expires: the next leader must not decide without that write.
   */
  @Override
  public void close() {
    closing.countDown();
    boolean stopped = stopRooms();
    events.close();
    refusals.close();
    if (audit != null) {
      audit.close();
    }
    if (stopped) {
      leadership.close();
    } else {
      leadership.abandon();
    }
    http.close();
    clients.close();
    electionClient.close();
  }

  /** Returns whether all of them have. */
  private boolean stopRooms() {
    List<Thread> stopping =
        rooms.stream()
            .map(
                room -> Thread.ofPlatform().daemon().name("stop-" + room.name()).start(room::close))
            .toList();
    long until = System.nanoTime() + ROOMS_STOP.toNanos();
    boolean stopped = true;
    try {
      for (Thread thread : stopping) {
        if (!thread.join(Duration.ofNanos(Math.max(1, until - System.nanoTime())))) {
          log.warn("{} takes too long; going on without it", thread.getName());
          stopped = false;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = false;
    }
    return stopped;
  }

  private void checks() {
    http.live()
        .add(
            "election",
            () -> leadership.alive() ? Health.OK : Health.unhealthy("the Lease was not looked at"));
    for (Room room : rooms) {
      http.ready()
          .add(room.name(), () -> room.ready() ? Health.OK : Health.unhealthy(room.missing()));
    }
  }

  private void measure(PrometheusMeterRegistry registry, Metrics metrics) {
    WriteFence fence = leadership.fence();
    metrics.gauge("leader", "1 while this process leads", () -> fence.isOpen() ? 1 : 0);
    metrics.gauge(
        "leader.term",
        "The Lease's leaseTransitions while this process leads, else -1",
        () -> fence.term().orElse(-1));
    Gauge.builder("scanwarden.build.info", () -> 1)
        .description("Which version runs")
        .tag("version", Main.version())
        .register(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ClassLoaderMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    JvmGcMetrics gc = new JvmGcMetrics();
    gc.bindTo(registry);
  }
}
