package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What is used of each limit. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record QuotaUsages(
    @JsonPropertyDescription("Jobs that run or wait, runs that wait without a Job included.")
        @Nullable QuotaUsage activeJobs,
    @JsonPropertyDescription("Slots that Jobs take.") @Nullable QuotaUsage runningJobs,
    @JsonPropertyDescription("Finished Jobs.") @Nullable QuotaUsage retainedJobs,
    @JsonPropertyDescription("ScanSchedules.") @Nullable QuotaUsage schedules,
    @JsonPropertyDescription("Connected agents.") @Nullable QuotaUsage agents) {}
