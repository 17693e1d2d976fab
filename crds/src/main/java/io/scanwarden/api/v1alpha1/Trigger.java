package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/**
 * One source of instants. Exactly one of {@code cron}, {@code every} and {@code at} is there: the
 * schema says so.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Trigger(
    @JsonPropertyDescription(
            "A cron expression of five fields, in the dialect of Kubernetes: minute (0-59), hour (0-23), day of"
                + " month (1-31), month (1-12 or JAN-DEC), day of week (0-7 or SUN-SAT; 0 and 7 are Sunday)."
                + " Lists, ranges, steps, ? and the macros @yearly, @monthly, @weekly, @daily, @hourly and"
                + " \"@every 1h\" are known. H stands for a value derived from the schedule's name, so that many"
                + " schedules do not start together, also H/15, H(0-29) and H(0-29)/10. Example: \"H 2 * * 1-5\".")
        @Nullable String cron,
    @JsonPropertyDescription(
            "The IANA time zone in which cron is read, such as America/New_York. Default: spec.timeZone. Only"
                + " with cron.")
        @Nullable String timeZone,
    @JsonPropertyDescription(
            "A fixed interval, at least 1s and in whole seconds, such as 6h or 1h30m. Counted from"
                + " 1970-01-01T00:00:00Z plus offset, not from the start of the operator: 6h is due at 00:00,"
                + " 06:00, 12:00 and 18:00 UTC.")
        @Nullable String every,
    @JsonPropertyDescription(
            "Moves the grid of every by a duration in whole seconds, such as 15m: 6h with the offset 15m is due"
                + " at 00:15, 06:15, 12:15 and 18:15 UTC. Default: 0s. Only with every.")
        @Nullable String offset,
    @JsonPropertyDescription(
            "A single instant as an RFC 3339 time, such as \"2026-12-01T03:00:00Z\". One that was past already"
                + " when the schedule was made never runs; the schedule is then not ready, with the reason"
                + " Missed.")
        @Nullable String at) {}
