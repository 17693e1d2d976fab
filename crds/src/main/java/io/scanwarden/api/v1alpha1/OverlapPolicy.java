package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What a wall-clock expression does in an overlap, local times that are repeated when clocks go
 * back.
 */
public enum OverlapPolicy {
  /** Fires in the first pass only. The default. */
  @JsonProperty("First")
  FIRST,
  /** Fires in both passes. */
  @JsonProperty("Both")
  BOTH
}
