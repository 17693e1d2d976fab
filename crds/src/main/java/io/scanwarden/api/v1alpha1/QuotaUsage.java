package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What is used of one limit. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record QuotaUsage(
    @JsonPropertyDescription("The limit. Absent: none.") @Nullable Integer limit,
    @JsonPropertyDescription("How many there are, places that are promised included.")
        @Nullable Integer current,
    @JsonPropertyDescription("How many more there may be, at least 0. Absent without a limit.")
        @Nullable Integer remaining,
    @JsonPropertyDescription(
            "The used part of the limit in per cent, rounded down; above 100 where the limit was lowered. Absent"
                + " without a limit.")
        @Nullable Integer utilization,
    @JsonPropertyDescription(
            "Unlimited, Ok, NearLimit (from 80 per cent) or AtLimit (nothing remains).")
        @Nullable QuotaState state) {}
