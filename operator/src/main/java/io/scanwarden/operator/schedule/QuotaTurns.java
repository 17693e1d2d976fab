package io.scanwarden.operator.schedule;

import io.scanwarden.operator.tenant.RunPlaces;
import java.util.function.Consumer;

/**
 * The tenants' quotas as all schedules share them.
 *
 * @param places where runs ask for places
 * @param turn told of a schedule that has an answer
 */
record QuotaTurns(RunPlaces places, Consumer<ScheduleKey> turn) {
  /** Nobody is a tenant. */
  static final QuotaTurns UNLIMITED = new QuotaTurns(RunPlaces.UNLIMITED, schedule -> {});
}
