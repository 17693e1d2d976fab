package io.scanwarden.operator.tenant;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.TenantQuotaSpec;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A TenantQuota in one of its versions.
 *
 * @param version its resourceVersion, by which it is written; {@code order} is the same as a number
 * @param spec empty if it cannot be read: then the tenant may have nothing more
 */
record QuotaVersion(
    String name,
    String uid,
    String version,
    long order,
    long generation,
    Optional<TenantQuotaSpec> spec,
    TenantLimits limits,
    TenantQuotaStatus status) {
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final TenantQuotaStatus NEVER_SEEN =
      new TenantQuotaStatus(null, null, null, null, null, null, null);

  static QuotaVersion of(QuotaResource resource) {
    ObjectMeta metadata = resource.getMetadata();
    Optional<TenantQuotaSpec> spec = read(resource.getSpec(), TenantQuotaSpec.class);
    return new QuotaVersion(
        metadata.getName(),
        metadata.getUid(),
        metadata.getResourceVersion(),
        order(metadata.getResourceVersion()),
        metadata.getGeneration() == null ? 0 : metadata.getGeneration(),
        spec,
        spec.map(s -> TenantLimits.of(s.limits())).orElse(TenantLimits.NOTHING),
        read(resource.getStatus(), TenantQuotaStatus.class).orElse(NEVER_SEEN));
  }

  private static <T> Optional<T> read(@Nullable RawJson raw, Class<T> type) {
    if (raw == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JSON.readValue(raw.newInputStream(), type));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static long order(String version) {
    try {
      return Long.parseLong(version);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** The same with another status, as that version. */
  QuotaVersion with(TenantQuotaStatus newStatus, String newVersion) {
    return new QuotaVersion(
        name, uid, newVersion, order(newVersion), generation, spec, limits, newStatus);
  }
}
