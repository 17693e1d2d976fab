package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A run that waits or runs. Times are RFC 3339 strings. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ActiveRun(
    @JsonPropertyDescription(
            "The run's name: that of its Job, also while it waits and has none yet.")
        @Nullable String name,
    @JsonPropertyDescription(
            "What asked for the run: Cron, Every or At for an instant of the schedule, Request for the annotation"
                + " scanwarden.io/requested-at, Backfill for scanwarden.io/backfill.")
        @Nullable String trigger,
    @JsonPropertyDescription("The target of the Job. Absent where the schedule has none.")
        @Nullable String target,
    @JsonPropertyDescription(
            "Of a run that waits, the targets that are still to start, where these are not all. Absent otherwise.")
        @Nullable List<String> targets,
    @JsonPropertyDescription(
            "Which attempt this is: 2 for the first retry. Absent for the first one.")
        @Nullable Integer attempt,
    @JsonPropertyDescription("The instant at which the run was due, before any jitter.")
        @Nullable String scheduledTime,
    @JsonPropertyDescription(
            "Queued while the run waits and has no Job, Running once its Job exists.")
        @Nullable ActiveRunState state,
    @JsonPropertyDescription(
            "Why the run waits, or why it makes no progress, as one word, such as WaitingForTermination,"
                + " PodsNotCreated or RunTooLong. Absent where there is nothing to say.")
        @Nullable String reason,
    @JsonPropertyDescription("The reason in a sentence, for people.") @Nullable String message,
    @JsonPropertyDescription("When the Job started. Absent while the run waits.")
        @Nullable String startTime,
    @JsonPropertyDescription("The UID of the Job. Absent while the run waits.")
        @Nullable String uid) {

  /** Keeps an unmodifiable copy of the list. */
  public ActiveRun {
    targets = targets == null ? null : List.copyOf(targets);
  }
}
