package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code POST /admission/tenantquotas}: TenantQuotas. Each that the schema allows is allowed; its
 * author is warned of what may be meant otherwise.
 */
final class TenantQuotaReviews implements ReviewRoute.Reviewer {
  static final String PATH = "/admission/tenantquotas";

  private static final ObjectMapper JSON = ApiJson.newMapper();

  @Override
  public Answer review(byte[] review) throws IOException {
    AdmissionRequest request = AdmissionRequest.of(review);
    Optional<RawJson> spec = request.spec();
    if (spec.isEmpty() || spec.equals(request.oldSpec())) {
      return Answer.allowed(request.id(), List.of(), Result.UNCHANGED);
    }
    JsonNode limits = JSON.readTree(spec.get().newInputStream()).path("limits");
    return Answer.allowed(request.id(), warnings(limits), Result.ALLOWED);
  }

  private static List<String> warnings(JsonNode limits) {
    List<String> warnings = new ArrayList<>();
    limits
        .properties()
        .forEach(
            limit -> {
              if (limit.getValue().isIntegralNumber() && limit.getValue().longValue() == 0) {
                warnings.add(
                    "spec.limits.%s: 0 allows nothing at all; leave the field out for no limit"
                        .formatted(limit.getKey()));
              }
            });
    JsonNode running = limits.path("runningJobs");
    JsonNode active = limits.path("activeJobs");
    if (running.isIntegralNumber()
        && active.isIntegralNumber()
        && running.longValue() > active.longValue()) {
      warnings.add(
          "spec.limits.runningJobs: %d is more than activeJobs, %d: it matters only if Jobs run several Pods"
              .formatted(running.longValue(), active.longValue()));
    }
    return List.copyOf(warnings);
  }
}
