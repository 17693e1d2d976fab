package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/**
 * A window in which nothing fires: either {@code from} and {@code to}, or {@code cron} and {@code
 * duration}. Windows include their start and exclude their end.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Exclusion(
    @JsonPropertyDescription(
            "The start of a single window as an RFC 3339 time, such as \"2026-12-24T00:00:00Z\"; an instant at"
                + " this very time is excluded. Together with to.")
        @Nullable String from,
    @JsonPropertyDescription(
            "The end of a single window as an RFC 3339 time, such as \"2026-12-27T00:00:00Z\", later than from;"
                + " an instant at this very time is not excluded. Together with from.")
        @Nullable String to,
    @JsonPropertyDescription(
            "The starts of a recurring window as a cron expression, in the dialect of spec.schedule, such as"
                + " \"0 0 * * 6\" for the start of each Saturday. Together with duration.")
        @Nullable String cron,
    @JsonPropertyDescription(
            "The IANA time zone in which cron is read, such as Europe/Berlin. Default: spec.timeZone. Only with"
                + " cron.")
        @Nullable String timeZone,
    @JsonPropertyDescription(
            "How long each recurring window lasts, longer than 0s, such as 48h. Together with cron.")
        @Nullable String duration) {}
