package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Which namespaces may use something; the words are those of the Gateway API. */
public enum FromNamespaces {
  /** Its own only. The default. */
  @JsonProperty("Same")
  SAME,
  /** All. */
  @JsonProperty("All")
  ALL,
  /** Those whose labels match {@link AllowedNamespaces#selector()}, its own no less than others. */
  @JsonProperty("Selector")
  SELECTOR
}
