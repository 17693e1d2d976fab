package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** How many runs came to which end since the schedule was made. They hold as of the cursor. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Counts(
    @JsonPropertyDescription("Runs that succeeded.") @Nullable Long succeeded,
    @JsonPropertyDescription("Runs of which some targets succeeded, and some did not.")
        @Nullable Long partiallySucceeded,
    @JsonPropertyDescription("Runs that failed.") @Nullable Long failed,
    @JsonPropertyDescription(
            "Runs that were due while the operator was away, or could not be started before"
                + " startingDeadlineSeconds had passed, and were not run.")
        @Nullable Long missed,
    @JsonPropertyDescription(
            "Runs that were dropped: by concurrencyPolicy, by a full queue, by suspend or by an exclusion.")
        @Nullable Long skipped,
    @JsonPropertyDescription("Runs that the API server refused to create.") @Nullable Long rejected,
    @JsonPropertyDescription("Runs that were ended by a newer one, with concurrencyPolicy Replace.")
        @Nullable Long replaced,
    @JsonPropertyDescription("Runs that waited for longer than queueTimeout, and were not run.")
        @Nullable Long expired) {}
