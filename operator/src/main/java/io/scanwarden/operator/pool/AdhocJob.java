package io.scanwarden.operator.pool;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Job with a pool's label that no schedule answers for, as one reading tells of it: created by
 * anybody, left behind by a schedule that was deleted without its Jobs, or a run that somebody has
 * suspended and resumed, and that waits since.
 *
 * @param version the Job's resourceVersion; of two readings the one with the higher version is
 *     newer
 * @param slots how many Pods it may run at once
 * @param countsPods its controller counts Pods that have not ended
 * @param confirmed its controller has taken note of the suspension
 * @param deleting the Job has a deletionTimestamp
 * @param foreground the Job is being deleted in the foreground: when it is gone, so are its Pods
 * @param ofSchedule the Job has the label of a schedule
 * @param admitted when it was started by the operator, if it was
 */
record AdhocJob(
    JobKey key,
    String uid,
    long version,
    PoolKey pool,
    int slots,
    Phase phase,
    boolean countsPods,
    boolean confirmed,
    boolean deleting,
    boolean foreground,
    boolean ofSchedule,
    Instant created,
    Optional<Instant> admitted) {

  /** How far a Job is. */
  enum Phase {
    /** Suspended until its turn comes. */
    QUEUED,
    /** Suspended by somebody, for as long as they like. */
    PAUSED,
    RUNNING,
    /** Complete or Failed. */
    ENDED
  }

  /** Reads a Job; empty if it names no pool, or is a run of a schedule that does not wait. */
  static Optional<AdhocJob> of(JobResource job) {
    ObjectMeta meta = job.getMetadata();
    Map<String, String> labels = Objects.requireNonNullElse(meta.getLabels(), Map.of());
    boolean ofSchedule = labels.containsKey(Marks.SCHEDULE);
    if (ofSchedule && phase(job, labels) != Phase.QUEUED && Run.of(job).isPresent()) {
      return Optional.empty();
    }
    JobResource.Spec spec = job.getSpec();
    return PoolKey.of(meta.getNamespace(), labels)
        .map(
            pool ->
                new AdhocJob(
                    new JobKey(meta.getNamespace(), meta.getName()),
                    meta.getUid(),
                    Run.version(meta),
                    pool,
                    spec == null ? 1 : spec.slots(),
                    phase(job, labels),
                    job.countsPods(),
                    job.confirmsSuspension(),
                    meta.getDeletionTimestamp() != null,
                    job.goesAfterItsPods(),
                    ofSchedule,
                    instant(meta.getCreationTimestamp()).orElse(Instant.EPOCH),
                    instant(
                        Objects.requireNonNullElse(meta.getAnnotations(), Map.<String, String>of())
                            .get(Marks.ADMITTED_AT))));
  }

  private static Phase phase(JobResource job, Map<String, String> labels) {
    if (job.hasEnded()) {
      return Phase.ENDED;
    }
    if (!job.asksForSuspension()) {
      return Phase.RUNNING;
    }
    return labels.containsKey(Marks.QUEUED) ? Phase.QUEUED : Phase.PAUSED;
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

  boolean isSuspended() {
    return phase == Phase.QUEUED || phase == Phase.PAUSED;
  }

  /** The same Job, started. */
  AdhocJob started(long newVersion, Instant at) {
    return new AdhocJob(
        key,
        uid,
        newVersion,
        pool,
        slots,
        Phase.RUNNING,
        countsPods,
        false,
        deleting,
        foreground,
        ofSchedule,
        created,
        Optional.of(at));
  }

  /** Its place in the pool's queue. */
  PoolClaim claim() {
    return new PoolClaim(holder(), 0, created, created, slots);
  }

  /** Whose slots these are. Those that a schedule holds for the same Job are not the same. */
  JobKey holder() {
    return ofSchedule ? key.part(uid) : key;
  }

  /** Whose slots these are once nothing but Pods is left. A Job of that name may come again. */
  static JobKey leftover(JobKey job, String uid) {
    return job.part(uid).part("pods");
  }

  /** For Events about it. */
  ObjectReference reference() {
    return new ObjectReferenceBuilder()
        .withApiVersion("batch/v1")
        .withKind("Job")
        .withNamespace(key.namespace())
        .withName(key.name())
        .withUid(uid)
        .build();
  }
}
