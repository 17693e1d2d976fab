package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** In which order the Jobs of a pool start. */
public enum QueueingStrategy {
  /**
   * The highest priority first, then what has been due for the longest, whosever it is. The
   * default.
   */
  @JsonProperty("FIFO")
  FIFO,
  /** Whoever has the fewest slots is next; priority counts among the Jobs of one tenant only. */
  @JsonProperty("FairShare")
  FAIR_SHARE
}
