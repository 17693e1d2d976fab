package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether an active run has a Job already. */
public enum ActiveRunState {
  /** Accepted and waiting; has no Job yet. */
  @JsonProperty("Queued")
  QUEUED,
  /** Its Job exists and has not finished. */
  @JsonProperty("Running")
  RUNNING
}
