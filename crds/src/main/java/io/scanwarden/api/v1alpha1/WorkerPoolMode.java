package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Where the Jobs of a pool run. */
public enum WorkerPoolMode {
  /** In Pods of this cluster. The default. */
  @JsonProperty("Job")
  JOB,
  /** On agents that connect from outside. Not available yet: refused. */
  @JsonProperty("Agent")
  AGENT
}
