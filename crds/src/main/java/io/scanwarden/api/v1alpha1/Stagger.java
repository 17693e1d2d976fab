package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** How the targets of one run are spread over time. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Stagger(
    @Required @JsonPropertyDescription("How many targets start together. At least 1.")
        @Nullable Integer batchSize,
    @Required
        @JsonPropertyDescription(
            "The time from one batch's start to the next one's, such as 2m. Longer than 0s.")
        @Nullable String interval) {}
