package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the Pods of a pool's Jobs get at their creation where the Job says nothing. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record JobDefaults(
    @JsonPropertyDescription("The PriorityClass of the Pods, where the Job names none.")
        @Nullable String priorityClassName,
    @JsonPropertyDescription(
            "The labels that a node needs to have, where the Job has no nodeSelector.")
        @Nullable Map<String, String> nodeSelector,
    @JsonPropertyDescription(
            "The taints that the Pods tolerate, at most 32, where the Job has no tolerations.")
        @Nullable List<Toleration> tolerations,
    @JsonPropertyDescription(
            "What each container and init container requests and may use, where it says nothing itself: requests"
                + " and limits each apply to the containers that have none.")
        @Nullable ResourceDefaults resources) {

  /** Keeps unmodifiable copies of map and list. */
  public JobDefaults {
    nodeSelector = nodeSelector == null ? null : Map.copyOf(nodeSelector);
    tolerations = tolerations == null ? null : List.copyOf(tolerations);
  }
}
