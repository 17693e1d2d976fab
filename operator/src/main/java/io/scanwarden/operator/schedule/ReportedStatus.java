package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
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
    long digest,
    long moreDigest) {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  static ReportedStatus of(ScanScheduleStatus status) {
    ByteBuffer digest = digest(status);
    return new ReportedStatus(
        status.observedGeneration(),
        status.lastHandledRequest(),
        Times.parse(status.cursor()),
        digest.getLong(),
        digest.getLong());
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
