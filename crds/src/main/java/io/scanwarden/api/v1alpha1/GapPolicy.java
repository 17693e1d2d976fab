package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What a wall-clock expression does in a gap, local times that are skipped when clocks go forward.
 */
public enum GapPolicy {
  /** Fires once, at the transition itself: 02:30 becomes 03:00, not 03:30. The default. */
  @JsonProperty("Shift")
  SHIFT,
  /** Does not fire. */
  @JsonProperty("Skip")
  SKIP
}
