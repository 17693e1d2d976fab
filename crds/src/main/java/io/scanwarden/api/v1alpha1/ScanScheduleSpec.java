package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.crd.generator.annotation.SchemaFrom;
import io.fabric8.generator.annotation.Required;
import io.fabric8.kubernetes.api.model.batch.v1.JobTemplateSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * When scans run and what they are. Fields that batch/v1 CronJob has too have its names, units and
 * meaning, so that a CronJob's spec is a valid one here.
 *
 * <p>Durations are GEP-2257 strings (a subset of Go's), times RFC 3339 strings; both are kept as
 * the user wrote them. A component is null where the field is absent. The API server fills in the
 * defaults of the manifest.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record ScanScheduleSpec(
    @JsonPropertyDescription(
            "When scans are due, as a cron expression of five fields in the dialect of Kubernetes: minute (0-59),"
                + " hour (0-23), day of month (1-31), month (1-12 or JAN-DEC), day of week (0-7 or SUN-SAT; 0"
                + " and 7 are Sunday). Lists, ranges, steps, ? and the macros @yearly, @monthly, @weekly,"
                + " @daily, @hourly and \"@every 1h\" are known. H stands for a value derived from the"
                + " schedule's name, so that many schedules do not start together, also H/15, H(0-29) and"
                + " H(0-29)/10. Example: \"H 3 * * 1-5\". May stand beside triggers; at least one of the two is"
                + " needed.")
        @Nullable String schedule,
    @JsonPropertyDescription(
            "The IANA time zone in which schedule, and the cron expressions of triggers and exclusions that name"
                + " none, are read, such as Europe/Berlin. Default: UTC.")
        @Nullable String timeZone,
    @JsonPropertyDescription(
            "More sources of instants, at most 32. A scan is due when any of them, or schedule, says so; what is"
                + " due at the same instant runs once. Each item has exactly one of cron, every and at.")
        @Nullable List<Trigger> triggers,
    @JsonPropertyDescription(
            "What cron expressions do on days on which the clocks of their time zone change.")
        @Nullable Dst dst,
    @JsonPropertyDescription(
            "The longest delay by which a start is put off, so that schedules that are due together spread out,"
                + " such as 10m. How long each delay is depends on the schedule's name and the instant only; it"
                + " never reaches the next instant, and times in the status are those before the delay. Default:"
                + " 0s.")
        @Nullable String jitter,
    @JsonPropertyDescription(
            "Nothing is due before this RFC 3339 time, such as \"2026-11-01T00:00:00Z\". Default: no limit.")
        @Nullable String notBefore,
    @JsonPropertyDescription(
            "Nothing is due after this RFC 3339 time, such as \"2027-11-01T00:00:00Z\"; later than notBefore."
                + " Default: no limit.")
        @Nullable String notAfter,
    @JsonPropertyDescription(
            "Blackout windows, at most 64. What is due inside one is dropped and counted as skipped. Each item is"
                + " either a single window (from and to) or a recurring one (cron and duration).")
        @Nullable List<Exclusion> exclusions,
    @JsonPropertyDescription(
            "Whether the schedule is paused. While true nothing new starts, and runs that wait are dropped; runs"
                + " whose Job exists go on. What was due in the meantime is not caught up with. Default: false.")
        @Nullable Boolean suspend,
    @JsonPropertyDescription(
            "What is run afterwards of what was due while the operator was away, as far as startingDeadlineSeconds"
                + " allows. None: nothing; Latest (default): the latest one; All: each one, which needs"
                + " startingDeadlineSeconds. What is not run is counted as missed.")
        @Nullable MissedRunPolicy missedRunPolicy,
    @JsonPropertyDescription(
            "What happens when a scan is due while an earlier one of this schedule is active. Allow: both run;"
                + " Forbid (default): the new one is dropped and counted as skipped; Queue: the new one waits for"
                + " its turn, see maxQueued; Replace: the earlier one is ended, and the new one starts when its"
                + " Pods are gone.")
        @Nullable ConcurrencyPolicy concurrencyPolicy,
    @JsonPropertyDescription(
            "At most one run at a time among all schedules of the namespace that name the same group, such as an"
                + " account that is scanned by several. A run that finds another schedule's active is dropped"
                + " with Forbid, and waits otherwise; who has been due for the longest is next. Not with"
                + " concurrencyPolicy Allow. Default: no group.")
        @Nullable String concurrencyGroup,
    @JsonPropertyDescription(
            "With concurrencyPolicy Queue, how many runs may wait, 0 to 100; one more is dropped and counted as"
                + " skipped. Default: 100.")
        @Nullable Integer maxQueued,
    @JsonPropertyDescription(
            "The WorkerPool whose slots the runs need: they wait until it has some free, each Job as many as it may"
                + " run Pods at once. Default: no pool.")
        @Nullable PoolRef poolRef,
    @JsonPropertyDescription(
            "Which of the Jobs that wait for the pool is first: the one with the highest priority, in a FairShare"
                + " pool among those of the tenant. Without a poolRef it has no effect. Default: 0.")
        @Nullable Integer priority,
    @JsonPropertyDescription(
            "How many seconds late a run may still be started when it could not be on time; a later one is"
                + " counted as missed. At least 0. Default: no limit.")
        @Nullable Long startingDeadlineSeconds,
    @JsonPropertyDescription(
            "How long a run may take once started, not counting the time for which it waited, such as 2h. It then"
                + " fails. It becomes activeDeadlineSeconds of the Job, which jobTemplate may not set as well."
                + " Longer than 0s. Default: no limit.")
        @Nullable String timeout,
    @JsonPropertyDescription(
            "How long a run may wait for its start, for whatever reason, such as 6h, counted from the moment at"
                + " which it was due, jitter included; a restart of the operator does not reset it. A run that"
                + " has waited for so long is dropped and counted as expired, and one that was due longer ago is"
                + " not made up for. Longer than 0s. Default: no limit.")
        @Nullable String queueTimeout,
    @JsonPropertyDescription(
            "How long a run may take before it counts as stuck, such as 4h, counted from the start of its Job."
                + " While one takes longer, the schedule has the condition Stuck, which names it, and each such"
                + " run causes an Event; nothing is ended, see timeout for that. Longer than 0s. Default: 4h.")
        @Nullable String stuckAfter,
    @JsonPropertyDescription(
            "Whether a failed Job is followed by another one. The run goes on meanwhile, for concurrencyPolicy and"
                + " history, and nothing of it runs. A run that was replaced, or whose Job a person deleted, is"
                + " not tried again. Default: no retry.")
        @Nullable Retry retry,
    @JsonPropertyDescription(
            "What each run scans, at most 100 targets, with one Job per target. The run succeeds when all of them"
                + " do. Default: one Job, without a target.")
        @Nullable List<Target> targets,
    @JsonPropertyDescription(
            "Spreads the targets of a run: they start in batches, in the order of targets. Default: all at once.")
        @Nullable Stagger stagger,
    @JsonPropertyDescription(
            "Of how many succeeded runs the Jobs are kept; older ones are deleted. At least 0. Default: 3.")
        @Nullable Integer successfulJobsHistoryLimit,
    @JsonPropertyDescription(
            "Of how many runs that did not succeed the Jobs are kept; older ones are deleted. At least 0. Default: 1.")
        @Nullable Integer failedJobsHistoryLimit,
    @Required
        @SchemaFrom(type = JobTemplateSpec.class)
        @JsonPropertyDescription(
            "The Job that each run creates: a batch/v1 JobTemplateSpec, as in a CronJob. Its fields are explained"
                + " by \"kubectl explain cronjob.spec.jobTemplate\". It is checked by a dry run when the schedule"
                + " changes; if the API server refuses it, the schedule is not ready, with the reason"
                + " InvalidJobTemplate and the server's message.")
        @Nullable RawJson jobTemplate) {

  /** Keeps unmodifiable copies of the lists. */
  public ScanScheduleSpec {
    triggers = triggers == null ? null : List.copyOf(triggers);
    exclusions = exclusions == null ? null : List.copyOf(exclusions);
    targets = targets == null ? null : List.copyOf(targets);
  }
}
