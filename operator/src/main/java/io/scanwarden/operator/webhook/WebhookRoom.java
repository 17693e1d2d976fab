package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.helidon.webserver.http.HttpRouting;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.audit.AuditLog;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.tenant.QuotaGate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTPS: each replica serves it, with the certificate that the Secret holds; the leader keeps the
 * Secret, and the webhooks registered.
 */
public final class WebhookRoom implements Room {
  private static final Logger log = LoggerFactory.getLogger(WebhookRoom.class);

  /** Nothing tells that a certificate is due, or that somebody has changed the registration. */
  private static final Duration LOOK = Duration.ofSeconds(30);

  /** After a failure. */
  private static final Duration AGAIN = Duration.ofSeconds(2);

  private static final Duration STOP = Duration.ofSeconds(5);

  private final Metrics metrics;
  private final InstantSource clock;
  private final ServedCertificate served = new ServedCertificate();
  private final CertificateSecret secret;
  private final RegistrationKeeper registration;
  private final HttpsServer server;
  private final ScheduledThreadPoolExecutor keeper =
      new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("webhook").factory());
  private volatile boolean leads;

  /**
   * Wires the room.
   *
   * @param clock the real time: others judge certificates by theirs
   * @param pools whose Jobs are gated
   * @param waiting how many Jobs wait for a pool that were created with its label
   * @param check reads the specs of schedules
   * @param quotas where objects that are created get their places
   * @param events told of refusals, by a standby too
   * @param audit likewise
   * @param namespaces those that the operator watches; empty for all
   * @param routes what else is served over HTTPS
   */
  public WebhookRoom(
      KubernetesClient client,
      WebhookOptions options,
      InstantSource clock,
      Metrics metrics,
      PoolAdmission pools,
      ToIntFunction<PoolKey> waiting,
      ScheduleCheck check,
      QuotaGate quotas,
      EventRecorder events,
      AuditLog audit,
      Set<String> namespaces,
      List<Consumer<HttpRouting.Builder>> routes) {
    this.metrics = metrics;
    this.clock = clock;
    keeper.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    Predicate<String> watched = name -> namespaces.isEmpty() || namespaces.contains(name);
    QuotaAdmission quota = new QuotaAdmission(quotas, new Refusals(events, audit, clock));
    List<Consumer<HttpRouting.Builder>> all = new ArrayList<>(routes);
    all.add(
        new ReviewRoute(
            JobReviews.PATH, new JobReviews(new JobGate(watched, pools::spec, waiting)), metrics));
    all.add(
        new ReviewRoute(ScheduleReviews.PATH, new ScheduleReviews(watched, check, quota), metrics));
    all.add(new ReviewRoute(QuotaReviews.PATH, new QuotaReviews(watched, quota), metrics));
    all.add(new ReviewRoute(TenantQuotaReviews.PATH, new TenantQuotaReviews(), metrics));
    server = new HttpsServer(options.address(), options.port(), served.context(), all);
    secret =
        new CertificateSecret(
            client, options, new Renewal(new Issuer(), options.serverName()), served);
    registration = new RegistrationKeeper(client, options, namespaces, server::port);
  }

  @Override
  public String name() {
    return "webhook";
  }

  @Override
  public void start() {
    secret.follow(this::look);
    server.start();
  }

  /** Whether there is a certificate to serve. */
  @Override
  public boolean ready() {
    return served.current().isPresent();
  }

  @Override
  public String missing() {
    return "there is no certificate yet";
  }

  @Override
  public void lead(long term) {
    leads = true;
    var _ = keeper.scheduleWithFixedDelay(this::keep, 0, LOOK.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void look() {
    if (leads) {
      keepAfter(Duration.ZERO);
    }
  }

  private void keepAfter(Duration delay) {
    try {
      var _ = keeper.schedule(this::keep, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closing", e);
    }
  }

  private void keep() {
    try {
      secret.keep(clock.instant()).ifPresent(registration::keep);
    } catch (RuntimeException e) {
      metrics.error("webhook");
      log.warn("The webhook is not as it should be; trying again: {}", e.getMessage());
      keepAfter(AGAIN);
    }
  }

  @Override
  public void close() {
    leads = false;
    keeper.shutdown();
    try {
      if (!keeper.awaitTermination(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("The webhook's last write takes long");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    secret.close();
    server.close();
  }
}
