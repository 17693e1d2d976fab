package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.run.JobFactory;

/**
 * One generation of a schedule, as an operation needs it.
 *
 * @param spec the whole spec as it came
 * @param decoded what decisions need of it
 */
record ScheduleSnapshot(
    ScheduleKey key, String uid, long generation, RawJson spec, ScheduleSpec decoded) {
  JobFactory.Owner owner() {
    return new JobFactory.Owner(key.namespace(), key.name(), uid);
  }
}
