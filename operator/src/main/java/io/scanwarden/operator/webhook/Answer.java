package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponse;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponseBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReviewBuilder;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.util.List;

/**
 * What an AdmissionReview is answered with: another one, or why there is none.
 *
 * @param status of HTTP
 * @param type of the body
 */
record Answer(int status, String type, String body, Result result) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** No AdmissionReview: the API server goes by the failurePolicy. */
  static Answer error(int status, String message, Result result) {
    return new Answer(status, "text/plain; charset=utf-8", message + "\n", result);
  }

  /** The object may be stored. */
  static Answer allowed(String uid, List<String> warnings, Result result) {
    return of(
        new AdmissionResponseBuilder()
            .withUid(uid)
            .withAllowed(true)
            .withWarnings(warnings)
            .build(),
        result);
  }

  /** It may not. */
  static Answer refused(String uid, Status why, Result result) {
    return of(
        new AdmissionResponseBuilder().withUid(uid).withAllowed(false).withStatus(why).build(),
        result);
  }

  /**
   * Any other response.
   *
   * @param response with the uid of the request
   */
  static Answer of(AdmissionResponse response, Result result) {
    try {
      String review =
          JSON.writeValueAsString(new AdmissionReviewBuilder().withResponse(response).build());
      return new Answer(200, "application/json", review, result);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what we say cannot be written", e);
    }
  }
}
