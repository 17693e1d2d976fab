package io.scanwarden.operator.tenant;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.scanwarden.api.v1alpha1.QuotaUsage;
import io.scanwarden.api.v1alpha1.QuotaUsages;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import io.scanwarden.operator.observe.Metrics;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What tenants hold, as the process that leads has it, and what became of requests for more. */
final class TenantMetrics {
  private static final Map<String, Function<QuotaUsages, @Nullable QuotaUsage>> LIMITS =
      Map.of(
          QuotaAccount.ACTIVE_JOBS, QuotaUsages::activeJobs,
          QuotaAccount.RUNNING_JOBS, QuotaUsages::runningJobs,
          QuotaAccount.RETAINED_JOBS, QuotaUsages::retainedJobs,
          QuotaAccount.SCHEDULES, QuotaUsages::schedules);

  private final Metrics metrics;
  private final Counter conflicts;
  private final MultiGauge used;
  private final MultiGauge allowed;

  TenantMetrics(Metrics metrics) {
    this.metrics = metrics;
    this.conflicts =
        Counter.builder("scanwarden.quota.conflicts")
            .description("Writes of a TenantQuota's status that another write had overtaken")
            .register(metrics.registry());
    this.used =
        MultiGauge.builder("scanwarden.quota.used")
            .description("What the tenant has of that which the limit counts, promises included")
            .register(metrics.registry());
    this.allowed =
        MultiGauge.builder("scanwarden.quota.limit")
            .description("The tenant's limit, infinite without")
            .register(metrics.registry());
  }

  /**
   * These quotas there are from now on.
   *
   * @param status asked whenever metrics are read; empty of one that is gone
   */
  void quotas(Collection<String> names, Function<String, Optional<TenantQuotaStatus>> status) {
    List<Meter> meters =
        names.stream()
            .sorted()
            .flatMap(name -> LIMITS.entrySet().stream().map(l -> new Meter(name, l.getKey())))
            .toList();
    show(used, meters, status, QuotaUsage::current, 0);
    show(allowed, meters, status, QuotaUsage::limit, Double.POSITIVE_INFINITY);
  }

  private record Meter(String tenant, String limit) {}

  private static void show(
      MultiGauge gauge,
      List<Meter> meters,
      Function<String, Optional<TenantQuotaStatus>> status,
      Function<QuotaUsage, @Nullable Integer> number,
      double none) {
    gauge.register(
        meters.stream()
            .map(
                meter ->
                    MultiGauge.Row.of(
                        Tags.of("tenant", meter.tenant(), "limit", meter.limit()),
                        meter,
                        m ->
                            status
                                .apply(m.tenant())
                                .map(TenantQuotaStatus::usage)
                                .map(LIMITS.get(m.limit()))
                                .map(number)
                                .map(Integer::doubleValue)
                                .orElse(none)))
            .toList(),
        true);
  }

  /** Somebody else wrote first. */
  void conflict() {
    conflicts.increment();
  }

  /** A quota could not be written. */
  void failed() {
    metrics.error("quota");
  }

  /** A request was refused by that limit: a field of {@code spec.limits}. */
  void refused(String limit) {
    Counter.builder("scanwarden.quota.refusals")
        .description("Requests for more than a tenant may have")
        .tag("limit", limit)
        .register(metrics.registry())
        .increment();
  }
}
