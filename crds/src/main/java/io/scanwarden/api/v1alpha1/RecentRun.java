package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** A run that started, and how it ended. Times are RFC 3339 strings. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record RecentRun(
    @JsonPropertyDescription("The run's name: that of its Job.") @Nullable String name,
    @JsonPropertyDescription(
            "What asked for the run: Cron, Every or At for an instant of the schedule, Request for the annotation"
                + " scanwarden.io/requested-at.")
        @Nullable String trigger,
    @JsonPropertyDescription("The instant at which the run was due, before any jitter.")
        @Nullable String scheduledTime,
    @JsonPropertyDescription("When its Job started.") @Nullable String startTime,
    @JsonPropertyDescription("When its Job ended. Absent while it runs.")
        @Nullable String completionTime,
    @JsonPropertyDescription(
            "How the run ended, such as Succeeded, Failed or Replaced. Absent while it runs.")
        @Nullable String result,
    @JsonPropertyDescription("How many Jobs the run has had: 1, and one more for each retry.")
        @Nullable Integer attempts,
    @JsonPropertyDescription(
            "Why the run ended as it did, in a sentence, for people. Absent where there is nothing to say.")
        @Nullable String message) {}
