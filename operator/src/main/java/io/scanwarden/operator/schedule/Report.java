package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.ScanScheduleStatus;

/**
 * A status to be written.
 *
 * @param resourceVersion the version of the resource that it may replace
 * @param revision of the schedule's state, to tell whether something changed while it was written
 */
record Report(
    ScheduleKey key, String uid, long resourceVersion, ScanScheduleStatus status, long revision) {}
