package io.scanwarden.operator.run;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A run that has started, as one of its Jobs tells it: the only one, unless it has targets or was
 * tried again.
 *
 * @param scheduleUid the UID of the schedule that controls the Job
 * @param version the Job's resourceVersion; of two readings of one Job the one with the higher
 *     version is newer
 * @param target empty where the schedule has none
 * @param attempt 1 for the first Job of its target
 * @param suspended a person (or another controller) has suspended the Job
 * @param deleting the Job has a deletionTimestamp
 * @param foreground the Job is being deleted in the foreground: when it is gone, so are its Pods
 * @param hadPods the Job's status has counted a Pod
 * @param pool whose slots it takes
 * @param slots how many, as far as is known: none once it has ended, or its controller has noted
 *     its suspension and counts no Pods
 * @param created the Job's creationTimestamp
 * @param admitted when its start was decided
 */
public record Run(
    String scheduleUid,
    String name,
    String uid,
    long version,
    RunKey key,
    Trigger trigger,
    String target,
    int attempt,
    Phase phase,
    boolean suspended,
    boolean deleting,
    boolean foreground,
    boolean hadPods,
    Optional<PoolKey> pool,
    int slots,
    Instant created,
    Instant admitted,
    Optional<Instant> started,
    Optional<Instant> completed,
    String message) {

  /** By when they began; those of one second in an order that a restart does not change. */
  public static final Comparator<Run> OLDEST_FIRST =
      Comparator.comparing(Run::startTime).thenComparing(Run::name);

  /** How far a run is. */
  public enum Phase {
    ACTIVE,
    SUCCEEDED,
    FAILED
  }

  /** The same, known to take so many slots. */
  public Run ofSlots(int known) {
    return new Run(
        scheduleUid,
        name,
        uid,
        version,
        key,
        trigger,
        target,
        attempt,
        phase,
        suspended,
        deleting,
        foreground,
        hadPods,
        pool,
        known,
        created,
        admitted,
        started,
        completed,
        message);
  }

  /** What makes the Job the one it is. */
  public AttemptKey attemptKey() {
    return new AttemptKey(key, target, attempt);
  }

  /** Whether the Job is Complete or Failed: by then its Pods have ended. */
  public boolean finished() {
    return phase != Phase.ACTIVE;
  }

  /** When the run began, as well as is known. */
  public Instant startTime() {
    return started.orElse(created);
  }

  /** When the run ended, as well as is known; of an unfinished one, when it began. */
  public Instant endTime() {
    return completed.orElse(startTime());
  }

  /**
   * Reads a Job.
   *
   * @return empty if it is not a run of a schedule: not controlled by one, or without the label or
   *     the annotations that every run has
   */
  public static Optional<Run> of(JobResource job) {
    ObjectMeta meta = job.getMetadata();
    Optional<String> owner = scheduleUid(meta);
    Map<String, String> annotations = meta.getAnnotations();
    if (owner.isEmpty() || annotations == null || meta.getUid() == null) {
      return Optional.empty();
    }
    Optional<Trigger> trigger =
        Optional.ofNullable(annotations.get(Marks.TRIGGER)).flatMap(Trigger::parse);
    Optional<Instant> scheduledAt = instant(annotations.get(Marks.SCHEDULED_AT));
    if (trigger.isEmpty() || scheduledAt.isEmpty()) {
      return Optional.empty();
    }
    JobResource.Spec spec = job.getSpec();
    JobResource.Status status = job.getStatus();
    Optional<JobResource.Condition> end =
        Optional.ofNullable(status).flatMap(JobResource.Status::end);
    Instant created = instant(meta.getCreationTimestamp()).orElse(Instant.EPOCH);
    return Optional.of(
        new Run(
            owner.get(),
            meta.getName(),
            meta.getUid(),
            version(meta),
            RunKey.of(trigger.get(), scheduledAt.get()),
            trigger.get(),
            target(meta.getLabels()),
            attempt(annotations.get(Marks.ATTEMPT)),
            phase(end),
            job.asksForSuspension(),
            meta.getDeletionTimestamp() != null,
            job.goesAfterItsPods(),
            status != null && status.hasCountedPods(),
            PoolKey.of(meta.getNamespace(), meta.getLabels()),
            slots(job, spec),
            created,
            instant(annotations.get(Marks.ADMITTED_AT)).orElse(created),
            status == null ? Optional.empty() : instant(status.startTime()),
            completed(status, end),
            end.map(Run::message).orElse("")));
  }

  /**
   * Whether the schedule with that UID controls the Job, and the Job has its label, whatever its
   * annotations say. Where the admission policies are installed, nobody but the operator creates
   * such a Job; an owner reference anybody can write.
   */
  public static boolean belongsTo(JobResource job, String scheduleUid) {
    return scheduleUid(job.getMetadata()).filter(scheduleUid::equals).isPresent();
  }

  /** Whether any schedule controls the Job, as {@link #belongsTo} has it. */
  public static boolean belongsToSchedule(JobResource job) {
    return scheduleUid(job.getMetadata()).isPresent();
  }

  /** A run of which nothing is left but so many Pods. */
  public static Run lost(
      String scheduleUid, String name, String uid, Optional<PoolKey> pool, int pods) {
    return new Run(
        scheduleUid,
        name,
        uid,
        0,
        new RunKey.Request(Instant.EPOCH),
        Trigger.REQUEST,
        "",
        1,
        Phase.ACTIVE,
        false,
        true,
        false,
        true,
        pool,
        pods,
        Instant.EPOCH,
        Instant.EPOCH,
        Optional.empty(),
        Optional.empty(),
        "");
  }

  /** The object's resourceVersion as a number, zero where it is none. */
  public static long version(ObjectMeta meta) {
    try {
      return meta.getResourceVersion() == null ? 0 : Long.parseLong(meta.getResourceVersion());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Optional<String> scheduleUid(ObjectMeta job) {
    List<OwnerReference> owners = job.getOwnerReferences();
    String schedule = job.getLabels() == null ? null : job.getLabels().get(Marks.SCHEDULE);
    if (owners == null || schedule == null) {
      return Optional.empty();
    }
    return owners.stream()
        .filter(o -> Boolean.TRUE.equals(o.getController()))
        .filter(o -> JobFactory.OWNER_KIND.equals(o.getKind()))
        .filter(o -> o.getApiVersion() != null && o.getApiVersion().startsWith(Marks.PREFIX))
        .filter(o -> schedule.equals(o.getName()))
        .map(OwnerReference::getUid)
        .findFirst();
  }

  private static String target(@Nullable Map<String, String> labels) {
    return labels == null ? "" : labels.getOrDefault(Marks.TARGET, "");
  }

  private static int attempt(@Nullable String text) {
    try {
      return text == null ? 1 : Math.max(1, Integer.parseInt(text));
    } catch (NumberFormatException e) {
      return 1;
    }
  }

  private static Phase phase(Optional<JobResource.Condition> end) {
    return end.map(c -> "Complete".equals(c.type()) ? Phase.SUCCEEDED : Phase.FAILED)
        .orElse(Phase.ACTIVE);
  }

  private static Optional<Instant> completed(
      JobResource.@Nullable Status status, Optional<JobResource.Condition> end) {
    // Only a Complete Job has a completionTime; a Failed one ended when the condition came.
    return Optional.ofNullable(status)
        .flatMap(s -> instant(s.completionTime()))
        .or(() -> end.flatMap(c -> instant(c.lastTransitionTime())));
  }

  private static String message(JobResource.Condition end) {
    if ("Complete".equals(end.type())) {
      return "";
    }
    String reason = end.reason() == null ? "" : end.reason();
    String text = end.message() == null ? "" : end.message();
    return reason.isEmpty() || text.isEmpty() ? reason + text : reason + ": " + text;
  }

  /**
   * Of a Job whose spec was not told there is one slot, until the watch tells more. One that is
   * suspended has Pods that its controller has not counted yet, until that has noted the
   * suspension.
   */
  private static int slots(JobResource job, JobResource.@Nullable Spec spec) {
    if (job.hasEnded()
        || (job.asksForSuspension() && job.confirmsSuspension() && !job.countsPods())) {
      return 0;
    }
    return spec == null ? 1 : spec.slots();
  }

  private static Optional<Instant> instant(@Nullable String text) {
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
