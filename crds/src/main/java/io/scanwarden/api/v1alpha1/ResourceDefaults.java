package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The resources of containers that name none. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ResourceDefaults(
    @JsonPropertyDescription("The most that a container may use, such as memory: 512Mi.")
        @Nullable Map<String, Quantity> limits,
    @JsonPropertyDescription("What is set aside for a container, such as cpu: 100m.")
        @Nullable Map<String, Quantity> requests) {

  /** Keeps unmodifiable copies of the maps. */
  public ResourceDefaults {
    limits = limits == null ? null : Map.copyOf(limits);
    requests = requests == null ? null : Map.copyOf(requests);
  }
}
