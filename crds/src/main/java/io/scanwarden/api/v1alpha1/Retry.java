package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** Whether and when a Job that failed is followed by another one. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Retry(
    @Required
        @JsonPropertyDescription(
            "How many further Jobs a failed one may be followed by, 0 to 100; with targets, each of them.")
        @Nullable Integer limit,
    @JsonPropertyDescription(
            "The delay before the first retry, such as 1m; each further one is twice as long, with up to a tenth"
                + " added or taken off. Longer than 0s. Default: 1m.")
        @Nullable String backoff,
    @JsonPropertyDescription("The longest delay, at least backoff. Default: 30m.")
        @Nullable String maxBackoff) {}
