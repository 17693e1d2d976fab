package io.scanwarden.operator.tenant;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * All tenants as those see them who ask for places: webhooks on every replica, and on the leader
 * the schedules' runs. Thread-safe.
 */
final class Quotas implements QuotaGate, RunPlaces {
  /** Less than the webhook's own time. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  private final ConcurrentHashMap<String, QuotaWriter> writers = new ConcurrentHashMap<>();
  private final TenantDirectory directory;
  private final Holdings holdings;
  private final Function<String, QuotaWriter> factory;
  private final TenantMetrics metrics;

  /**
   * Knows of no quota yet.
   *
   * @param factory makes the writer of the quota of that name
   */
  Quotas(
      TenantDirectory directory,
      Holdings holdings,
      Function<String, QuotaWriter> factory,
      TenantMetrics metrics) {
    this.directory = directory;
    this.holdings = holdings;
    this.factory = factory;
    this.metrics = metrics;
  }

  /** The writer of the quota of that name; made when it is asked for first. */
  QuotaWriter writer(String quota) {
    return writers.computeIfAbsent(quota, factory);
  }

  /** The writer of that quota, if it was ever asked for. */
  Optional<QuotaWriter> find(String quota) {
    return Optional.ofNullable(writers.get(quota));
  }

  /** The quota does not exist any more. */
  void forget(String quota) {
    writers.remove(quota);
  }

  @Override
  public QuotaAnswer ask(QuotaRequest request) {
    return switch (directory.tenantOf(request.namespace())) {
      case Tenancy.None() -> new QuotaAnswer.Granted();
      case Tenancy.Pending(String why) -> new QuotaAnswer.Unknown(why);
      case Tenancy.Of(String quota, TenantLimits limits) ->
          limits.concerns(request.kind())
              ? wait(quota, ask(quota, new QuotaAsk.Reserve(request, new CompletableFuture<>())))
              : new QuotaAnswer.Granted();
    };
  }

  private CompletableFuture<QuotaAnswer> ask(String quota, QuotaAsk ask) {
    writer(quota).ask(ask);
    return ask.answer()
        .whenComplete(
            (answer, failure) -> {
              if (answer instanceof QuotaAnswer.Refused(Excess excess)) {
                metrics.refused(excess.limit());
              }
            });
  }

  private static QuotaAnswer wait(String quota, CompletableFuture<QuotaAnswer> answer) {
    try {
      return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      QuotaAnswer late =
          new QuotaAnswer.Unknown("TenantQuota " + quota + " did not answer in time");
      answer.complete(late);
      return answer.join();
    } catch (ExecutionException e) {
      return new QuotaAnswer.Unknown("TenantQuota " + quota + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new QuotaAnswer.Unknown("the operator stops");
    }
  }

  @Override
  public boolean counts(String namespace) {
    return !(directory.tenantOf(namespace) instanceof Tenancy.None);
  }

  @Override
  public CompletableFuture<QuotaAnswer> ask(String namespace, String run, Set<String> jobs) {
    return switch (directory.tenantOf(namespace)) {
      case Tenancy.None() -> CompletableFuture.completedFuture(new QuotaAnswer.Granted());
      case Tenancy.Pending(String why) ->
          CompletableFuture.completedFuture(new QuotaAnswer.Unknown(why));
      case Tenancy.Of(String quota, TenantLimits limits) -> {
        if (!limits.refusesJobs()) {
          holdings.await(namespace, run, jobs);
          yield CompletableFuture.completedFuture(new QuotaAnswer.Granted());
        }
        yield ask(quota, new QuotaAsk.Accept(namespace, run, jobs, new CompletableFuture<>()));
      }
    };
  }

  @Override
  public void hold(String namespace, String run, Set<String> jobs) {
    holdings.await(namespace, run, jobs);
  }

  @Override
  public void created(String namespace, String job, String uid, int slots) {
    holdings.created(namespace, job, uid, slots);
  }
}
