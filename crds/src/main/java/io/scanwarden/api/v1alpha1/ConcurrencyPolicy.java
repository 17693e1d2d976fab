package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an instant does that comes while an earlier run of the same schedule is active. */
public enum ConcurrencyPolicy {
  /** Runs beside it. */
  @JsonProperty("Allow")
  ALLOW,
  /** Is dropped and counted as skipped; never started late. The default. */
  @JsonProperty("Forbid")
  FORBID,
  /** Waits for its turn; see {@link ScanScheduleSpec#maxQueued()}. */
  @JsonProperty("Queue")
  QUEUE,
  /** Ends the earlier run and starts when its Pods are gone. */
  @JsonProperty("Replace")
  REPLACE
}
