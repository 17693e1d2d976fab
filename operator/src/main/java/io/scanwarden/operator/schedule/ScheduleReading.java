package io.scanwarden.operator.schedule;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One reading of a ScanSchedule.
 *
 * @param version its resourceVersion: the higher is the newer
 * @param terminating it is being deleted
 * @param requested the value of the annotation that asks for a run, whatever it is
 * @param requestedTargets the value of the annotation that chooses targets for it
 * @param backfill the value of the annotation that asks for a backfill, whatever it is
 * @param snapshot its spec; empty where that is invalid
 * @param invalid why it is
 */
record ScheduleReading(
    ScheduleKey key,
    String uid,
    long version,
    long generation,
    Instant created,
    boolean terminating,
    Optional<String> requested,
    Optional<String> requestedTargets,
    Optional<String> backfill,
    Optional<ScheduleSnapshot> snapshot,
    Optional<InvalidScheduleException> invalid) {

  private static final RawJson EMPTY = RawJson.of("{}".getBytes(StandardCharsets.UTF_8));

  /**
   * Reads a resource.
   *
   * @param before the reading before this one: the same generation is not decoded again
   */
  static ScheduleReading of(
      ScheduleKey key, ScheduleResource resource, @Nullable ScheduleReading before, Instant now) {
    ObjectMeta meta = resource.getMetadata();
    String uid = meta.getUid();
    long generation = meta.getGeneration() == null ? 0 : meta.getGeneration();
    Optional<ScheduleSnapshot> snapshot = Optional.empty();
    Optional<InvalidScheduleException> invalid = Optional.empty();
    if (before != null && before.uid.equals(uid) && before.generation == generation) {
      uid = before.uid;
      snapshot = before.snapshot;
      invalid = before.invalid;
    } else {
      RawJson spec = resource.getSpec() == null ? EMPTY : resource.getSpec();
      try {
        snapshot =
            Optional.of(
                new ScheduleSnapshot(key, uid, generation, spec, SpecReader.read(key, spec)));
      } catch (InvalidScheduleException e) {
        invalid = Optional.of(e);
      }
    }
    return new ScheduleReading(
        key,
        uid,
        Run.version(meta),
        generation,
        Times.parse(meta.getCreationTimestamp()).orElse(now),
        meta.getDeletionTimestamp() != null,
        annotation(meta, Marks.REQUESTED_AT),
        annotation(meta, Marks.REQUESTED_TARGETS),
        annotation(meta, Marks.BACKFILL),
        snapshot,
        invalid);
  }

  /** The same, known to have that version after a write of ours that changed nothing of this. */
  ScheduleReading at(long newVersion) {
    return new ScheduleReading(
        key,
        uid,
        Math.max(version, newVersion),
        generation,
        created,
        terminating,
        requested,
        requestedTargets,
        backfill,
        snapshot,
        invalid);
  }

  private static Optional<String> annotation(ObjectMeta meta, String name) {
    return Optional.ofNullable(meta.getAnnotations()).map(a -> a.get(name));
  }

  /** What Events about it refer to. */
  ObjectReference reference() {
    return new ObjectReferenceBuilder()
        .withApiVersion("scanwarden.io/v1alpha1")
        .withKind("ScanSchedule")
        .withNamespace(key.namespace())
        .withName(key.name())
        .withUid(uid)
        .build();
  }
}
