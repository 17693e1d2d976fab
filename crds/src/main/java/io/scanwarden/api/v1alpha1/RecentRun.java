package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** A run that started, and how it ended. Times are RFC 3339 strings. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RecentRun(
    @JsonPropertyDescription(
            "The run's name: that of its first Job, with targets the part that the names of its Jobs share.")
        @Nullable String name,
    @JsonPropertyDescription(
            "What asked for the run: Cron, Every or At for an instant of the schedule, Request for the annotation"
                + " scanwarden.io/requested-at, Backfill for scanwarden.io/backfill.")
        @Nullable String trigger,
    @JsonPropertyDescription("The instant at which the run was due, before any jitter.")
        @Nullable String scheduledTime,
    @JsonPropertyDescription("When its first Job started.") @Nullable String startTime,
    @JsonPropertyDescription(
            "When its last Job ended; while the run goes on, the last one that has. Absent before.")
        @Nullable String completionTime,
    @JsonPropertyDescription(
            "How the run ended, such as Succeeded, PartiallySucceeded, Failed, Replaced or Deleted. Absent while it runs.")
        @Nullable String result,
    @JsonPropertyDescription(
            "How often the run was tried: 1, and one more for each retry, of the target that had most of them.")
        @Nullable Integer attempts,
    @JsonPropertyDescription("How far its targets are. Absent where the schedule has none.")
        @Nullable TargetCounts targets,
    @JsonPropertyDescription(
            "Why the run ended as it did, in a sentence, for people. Absent where there is nothing to say.")
        @Nullable String message) {}
