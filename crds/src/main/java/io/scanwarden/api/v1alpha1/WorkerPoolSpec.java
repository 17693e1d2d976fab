package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many Jobs run at once, in which order the others wait, and who may send some. A Job takes as
 * many slots as it may run Pods at once, min(parallelism, completions).
 *
 * <p>Durations are GEP-2257 strings, kept as the user wrote them. A component is null where the
 * field is absent: a limit that is absent is none, one of 0 lets nothing start. The API server
 * fills in the defaults of the manifest.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record WorkerPoolSpec(
    @JsonPropertyDescription(
            "Where the Jobs run. Job (default): in Pods of this cluster. Agent, agents that connect from outside,"
                + " is not available yet and is refused.")
        @Nullable WorkerPoolMode mode,
    @JsonPropertyDescription(
            "How many slots there are. A Job takes as many as it may run Pods at once, the smaller of parallelism"
                + " and completions, until it has ended and its Pods are gone. Where it is lowered below what"
                + " runs, that goes on and nothing new starts. 0: nothing starts. \"kubectl scale\" sets it."
                + " Default: no limit.")
        @Nullable Integer maxConcurrent,
    @JsonPropertyDescription(
            "How many slots the Jobs of one tenant may take together; a tenant is the namespaces of one TenantQuota,"
                + " or a namespace that none selects. Whoever has them all is passed over, and holds up nobody"
                + " else. 0: nothing starts. Default: no limit.")
        @Nullable Integer maxConcurrentPerTenant,
    @JsonPropertyDescription(
            "Who is next. FIFO (default): the highest priority, then what has been due for the longest; FairShare:"
                + " the tenant whose Jobs take the fewest slots, among whose Jobs priority counts, then time.")
        @Nullable QueueingStrategy queueingStrategy,
    @JsonPropertyDescription(
            "The least time between the starts of two Jobs, such as 500ms, so that what they scan is not asked too"
                + " often. It holds over a restart of the operator. Default: 0s.")
        @Nullable String startInterval,
    @JsonPropertyDescription(
            "How many Jobs that were created with the label scanwarden.io/pool may wait; one more is refused, with"
                + " the reason QueueFull. Each of them is a suspended Job that the cluster has to look after;"
                + " runs of schedules have no Job while they wait, and do not count. At least 0. Default: no"
                + " limit.")
        @Nullable Integer maxQueued,
    @JsonPropertyDescription(
            "Whether the pool is paused. While true nothing new starts; what runs goes on. Default: false.")
        @Nullable Boolean suspend,
    @JsonPropertyDescription(
            "What the pool is capable of, such as compute, for people to see. At most 32.")
        @Nullable List<String> labels,
    @JsonPropertyDescription("Whose Jobs may join the pool. Default: those of its own namespace.")
        @Nullable AllowedNamespaces allowedNamespaces,
    @JsonPropertyDescription(
            "What the Pods of the pool's Jobs get where the Job says nothing, when it is created.")
        @Nullable JobDefaults jobDefaults) {

  /** Keeps an unmodifiable copy of the list. */
  public WorkerPoolSpec {
    labels = labels == null ? null : List.copyOf(labels);
  }
}
