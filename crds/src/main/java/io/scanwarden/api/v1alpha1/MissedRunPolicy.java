package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * Which of the instants missed while no operator was there are run afterwards, within the starting
 * deadline.
 */
public enum MissedRunPolicy {
  /** None; all are counted as missed. */
  @JsonProperty("None")
  NONE,
  /** The latest one, as batch/v1 CronJob does. The default. */
  @JsonProperty("Latest")
  LATEST,
  /** Each one; needs {@link ScanScheduleSpec#startingDeadlineSeconds()}. */
  @JsonProperty("All")
  ALL
}
