package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.ActiveRunState;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.run.Trigger;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of the status that the API server is known to have: what decisions depend on,
 * and a digest to tell it from others. The whole would take as much memory as all else of a
 * schedule at rest.
 */
record ReportedStatus(
    @Nullable Long observedGeneration,
    @Nullable String lastHandledRequest,
    Optional<Instant> cursor,
    Optional<BackfillProgress> backfill,
    Set<Instant> acceptedBackfills,
    long digest,
    long moreDigest) {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  static ReportedStatus of(ScanScheduleStatus status) {
    ByteBuffer digest = digest(status);
    return new ReportedStatus(
        status.observedGeneration(),
        status.lastHandledRequest(),
        Times.parse(status.cursor()),
        BackfillProgress.of(status.backfill()),
        acceptedBackfills(status),
        digest.getLong(),
        digest.getLong());
  }

  /** The instants of backfills that wait. */
  private static Set<Instant> acceptedBackfills(ScanScheduleStatus status) {
    return Objects.requireNonNullElse(status.active(), List.<ActiveRun>of()).stream()
        .filter(run -> run.state() == ActiveRunState.QUEUED)
        .filter(run -> Trigger.BACKFILL.toString().equals(run.trigger()))
        .flatMap(run -> Times.parse(run.scheduledTime()).stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Whether it is this status. */
  boolean is(ScanScheduleStatus status) {
    ByteBuffer other = digest(status);
    return digest == other.getLong() && moreDigest == other.getLong();
  }

  /** Whether the status was about that generation. */
  boolean isOf(long generation) {
    return Objects.equals(observedGeneration, generation);
  }

  private static ByteBuffer digest(ScanScheduleStatus status) {
    try {
      byte[] json = JSON.writeValueAsBytes(status);
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(json));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a status can always be written", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
