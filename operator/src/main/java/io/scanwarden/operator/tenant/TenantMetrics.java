package io.scanwarden.operator.tenant;

import io.micrometer.core.instrument.Counter;
import io.scanwarden.operator.observe.Metrics;

/** What tenants hold, and what became of requests for more. */
final class TenantMetrics {
  private final Metrics metrics;
  private final Counter conflicts;

  TenantMetrics(Metrics metrics) {
    this.metrics = metrics;
    this.conflicts =
        Counter.builder("scanwarden.quota.conflicts")
            .description("Writes of a TenantQuota's status that another write had overtaken")
            .register(metrics.registry());
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
