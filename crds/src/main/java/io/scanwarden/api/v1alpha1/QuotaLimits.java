package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What a tenant may hold. An absent limit is none; 0 is nothing at all. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record QuotaLimits(
    @JsonPropertyDescription(
            "How many Jobs may run or wait: those of schedules, those that have yet to be created for runs that"
                + " wait, and all others in pools. One more is refused.")
        @Nullable Integer activeJobs,
    @JsonPropertyDescription(
            "How many slots the Jobs may take together, in all pools and outside of them. What comes on top waits.")
        @Nullable Integer runningJobs,
    @JsonPropertyDescription(
            "How many finished Jobs may be kept. With more, nothing is started until some are gone: by history"
                + " limits, their ttlSecondsAfterFinished or by hand.")
        @Nullable Integer retainedJobs,
    @JsonPropertyDescription("How many ScanSchedules there may be. One more is refused.")
        @Nullable Integer schedules,
    @JsonPropertyDescription("How many agents may be connected.") @Nullable Integer agents) {}
