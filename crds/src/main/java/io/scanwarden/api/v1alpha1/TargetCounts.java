package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** How far the targets of one run are. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record TargetCounts(
    @JsonPropertyDescription("How many targets the run has.") @Nullable Integer total,
    @JsonPropertyDescription("Targets whose Job succeeded, at once or after retries.")
        @Nullable Integer succeeded,
    @JsonPropertyDescription(
            "Targets that did not: their last Job failed or was deleted, or they were never started.")
        @Nullable Integer failed) {}
