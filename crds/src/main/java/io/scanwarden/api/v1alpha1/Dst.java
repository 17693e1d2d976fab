package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/**
 * What cron triggers do where a zone's clocks change. Concerns wall-clock expressions only: one
 * whose hour field has all 24 values follows real time and needs no rule.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Dst(
    @JsonPropertyDescription(
            "What happens to a local time that the clocks skip, such as 02:30 on the night when they go from"
                + " 02:00 to 03:00. Shift (default) fires once, at the moment of the change, here 03:00; Skip"
                + " does not fire. Expressions that match every hour are not concerned.")
        @Nullable GapPolicy gap,
    @JsonPropertyDescription(
            "What happens to a local time that occurs twice, such as 02:30 on the night when the clocks go"
                + " from 03:00 back to 02:00. First (default) fires the first time only; Both fires both times."
                + " Expressions that match every hour are not concerned: they always fire both times.")
        @Nullable OverlapPolicy overlap) {}
