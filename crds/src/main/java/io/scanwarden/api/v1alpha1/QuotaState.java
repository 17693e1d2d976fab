package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How near a tenant is to a limit; in this order, the last is the worst. */
public enum QuotaState {
  /** There is no limit. */
  @JsonProperty("Unlimited")
  UNLIMITED,
  /** Less than 80 per cent are used. */
  @JsonProperty("Ok")
  OK,
  /** At least 80 per cent are used. */
  @JsonProperty("NearLimit")
  NEAR_LIMIT,
  /** Nothing remains. */
  @JsonProperty("AtLimit")
  AT_LIMIT
}
