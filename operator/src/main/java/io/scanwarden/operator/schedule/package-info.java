/**
 * ScanSchedule: the planner decides (pure), the dispatcher fires, the reconciler reports. What is
 * known of a schedule lives in one {@link io.scanwarden.operator.schedule.ScheduleState}.
 */
@NullMarked
package io.scanwarden.operator.schedule;

import org.jspecify.annotations.NullMarked;
