package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** Which WorkerPool the Jobs of a schedule join. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record PoolRef(
    @Required @JsonPropertyDescription("The name of the WorkerPool.") @Nullable String name,
    @JsonPropertyDescription(
            "The namespace of the WorkerPool, whose allowedNamespaces must allow the schedule's. Default: the"
                + " schedule's own.")
        @Nullable String namespace) {}
