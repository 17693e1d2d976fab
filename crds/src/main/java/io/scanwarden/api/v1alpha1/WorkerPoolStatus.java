package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What runs in a pool and what waits. Times are RFC 3339 strings in UTC. A component is null where
 * the field is absent; everything is until the operator has seen the pool.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record WorkerPoolStatus(
    @JsonPropertyDescription(
            "The metadata.generation that this status is about; -1 until the operator has seen the pool.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Ready: whether the pool is valid and in force. Reconciling or Stalled is there, and True, while it is"
                + " not yet, or cannot be before somebody edits it. How full the pool is never makes it not"
                + " ready.")
        @Nullable List<Condition> conditions,
    @JsonPropertyDescription("How many slots are taken.") @Nullable Integer running,
    @JsonPropertyDescription(
            "How many Jobs wait: runs of schedules that have no Job yet, and suspended Jobs.")
        @Nullable Integer queued,
    @JsonPropertyDescription(
            "Since when what has waited for the longest does so. Absent when nothing waits.")
        @Nullable String oldestQueuedTime,
    @JsonPropertyDescription("How many agents are connected; 0 with mode Job.")
        @Nullable Integer liveAgents,
    @JsonPropertyDescription("How many Jobs have started since the pool was made.")
        @Nullable Long startedTotal) {

  /** Keeps an unmodifiable copy of the list. */
  public WorkerPoolStatus {
    conditions = conditions == null ? null : List.copyOf(conditions);
  }
}
