package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.audit.AuditLog;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;

/** AdmissionReviews of tests. */
final class Reviews {
  /** Tells nobody. */
  static final Refusals NO_REFUSALS =
      new Refusals(
          (regarding, type, reason, action, message) -> {},
          AuditLog.NONE,
          InstantSource.fixed(Instant.EPOCH));

  private static final ObjectMapper JSON = new ObjectMapper();

  private Reviews() {}

  static String create(String object) {
    return create(object, false);
  }

  static String create(String object, boolean dryRun) {
    return """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":"CREATE",
         "namespace":"ns","dryRun":%s,"object":%s,"oldObject":null,"options":{"newer":1}}}"""
        .formatted(dryRun, object);
  }

  static String update(String before, String after) {
    return """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":"UPDATE",
         "namespace":"ns","dryRun":false,"object":%s,"oldObject":%s}}"""
        .formatted(after, before);
  }

  /** As over HTTP. */
  static Answer answer(ReviewRoute.Reviewer reviewer, String review) {
    return new ReviewRoute("/", reviewer, new Metrics(new SimpleMeterRegistry()))
        .answer(review.getBytes(StandardCharsets.UTF_8));
  }

  /** The response, which repeats the request's uid. */
  static JsonNode response(Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    try {
      JsonNode review = JSON.readTree(answer.body());
      assertThat(review.path("apiVersion").asText()).isEqualTo("admission.k8s.io/v1");
      assertThat(review.path("kind").asText()).isEqualTo("AdmissionReview");
      assertThat(review.at("/response/uid").asText()).isEqualTo("u-1");
      return review.path("response");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
