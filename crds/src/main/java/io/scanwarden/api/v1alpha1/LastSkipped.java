package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** The latest run that was due and did not happen. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record LastSkipped(
    @JsonPropertyDescription("The instant at which the run was due.") @Nullable String time,
    @JsonPropertyDescription("Why it did not happen, as one word.") @Nullable String reason,
    @JsonPropertyDescription("Why it did not happen, in a sentence, for people.")
        @Nullable String message) {}
