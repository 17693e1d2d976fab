package io.scanwarden.operator.schedule;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.tenant.SlotTenant;
import io.scanwarden.operator.time.WorkClock;
import java.util.Optional;

/** For tests without pools. */
final class NoPools {
  private NoPools() {}

  static PoolTurns turns() {
    return new PoolTurns(
        new PoolAdmission(
            WorkClock.system(),
            namespace -> Optional.empty(),
            SlotTenant::withoutQuota,
            new Metrics(new SimpleMeterRegistry())),
        schedule -> {});
  }
}
