package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator did for a schedule, and why. Times are RFC 3339 strings in UTC. A component is
 * null where the field is absent; everything is until the operator has seen the schedule.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ScanScheduleStatus(
    @JsonPropertyDescription(
            "The metadata.generation that this status is about; -1 until the operator has seen the schedule.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription("All triggers in a few words, such as \"H 3 * * 1-5 and 2 more\".")
        @Nullable String schedule,
    @JsonPropertyDescription(
            "Ready: whether the schedule is valid and in force. Reconciling or Stalled is there, and True, while"
                + " it is not yet, or cannot be before somebody edits it. How a run ended never makes a schedule"
                + " not ready. Stuck, Overrunning, ExpiresSoon and JobTemplateWarning are there while they are"
                + " True.")
        @Nullable List<Condition> conditions,
    @JsonPropertyDescription("The instant of the latest run that started, before any jitter.")
        @Nullable String lastScheduleTime,
    @JsonPropertyDescription("When a run last succeeded.") @Nullable String lastSuccessfulTime,
    @JsonPropertyDescription("When a run last failed.") @Nullable String lastFailureTime,
    @JsonPropertyDescription(
            "How the latest run that ended did so, such as Succeeded, Failed or Replaced.")
        @Nullable String lastResult,
    @JsonPropertyDescription(
            "The next instants, at most 5, before any jitter and without excluded ones. Empty while suspended and"
                + " when nothing is due any more.")
        @Nullable List<String> nextScheduleTimes,
    @JsonPropertyDescription(
            "The instant up to which all is decided: every instant up to it was started, accepted to wait, or"
                + " dropped and counted.")
        @Nullable String cursor,
    @JsonPropertyDescription(
            "What waits or runs: 100 entries, or all that wait if these are more; running and queued have the exact"
                + " numbers of runs.")
        @Nullable List<ActiveRun> active,
    @JsonPropertyDescription("How many runs have begun and are not over.")
        @Nullable Integer running,
    @JsonPropertyDescription("How many runs wait, and have no Job yet.") @Nullable Integer queued,
    @JsonPropertyDescription(
            "How many runs came to which end since the schedule was made, as of the cursor.")
        @Nullable Counts counts,
    @JsonPropertyDescription("The last 10 runs that started, the latest first.")
        @Nullable List<RecentRun> recentRuns,
    @JsonPropertyDescription(
            "The UIDs of finished Jobs that still exist and have been counted already.")
        @Nullable List<String> recorded,
    @JsonPropertyDescription("The latest run that was due and did not happen, and why.")
        @Nullable LastSkipped lastSkipped,
    @JsonPropertyDescription(
            "The latest value of the annotation scanwarden.io/requested-at that was acted on, as it was written.")
        @Nullable String lastHandledRequest,
    @JsonPropertyDescription("How far the backfill of a past interval is.")
        @Nullable Backfill backfill) {

  /** Keeps unmodifiable copies of the lists. */
  public ScanScheduleStatus {
    conditions = conditions == null ? null : List.copyOf(conditions);
    nextScheduleTimes = nextScheduleTimes == null ? null : List.copyOf(nextScheduleTimes);
    active = active == null ? null : List.copyOf(active);
    recentRuns = recentRuns == null ? null : List.copyOf(recentRuns);
    recorded = recorded == null ? null : List.copyOf(recorded);
  }
}
