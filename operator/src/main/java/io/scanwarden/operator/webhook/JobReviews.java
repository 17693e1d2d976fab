package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponseBuilder;
import io.fabric8.zjsonpatch.JsonDiff;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.io.IOException;
import java.util.Base64;
import java.util.List;

/**
 * {@code POST /admission/jobs}: Jobs with the label of a pool, which are held back.
 *
 * <p>A Job stays the JSON that came, so that fields of newer Kubernetes versions neither get lost
 * nor in the way.
 */
final class JobReviews implements ReviewRoute.Reviewer {
  static final String PATH = "/admission/jobs";

  private static final int TOO_MANY_REQUESTS = 429;

  // Jobs are typed, and do not nest as deep as Jackson allows; anybody may call.
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private final JobGate gate;

  JobReviews(JobGate gate) {
    this.gate = gate;
  }

  @Override
  public Answer review(byte[] review) throws IOException {
    if (JSON.readTree(review).path("request") instanceof ObjectNode request
        && !request.path("uid").asText("").isEmpty()) {
      return answer(request);
    }
    throw new IOException("no AdmissionReview with a request");
  }

  private Answer answer(ObjectNode request) throws JsonProcessingException {
    JsonNode before = request.path("object").deepCopy();
    String uid = request.path("uid").asText();
    return switch (gate.decide(request)) {
      case Gating.Unchanged() -> Answer.allowed(uid, List.of(), Result.UNCHANGED);
      case Gating.Queued(ObjectNode job) -> patched(uid, before, job, Result.QUEUED);
      case Gating.Prepared(ObjectNode job) -> patched(uid, before, job, Result.PREPARED);
      case Gating.QueueFull(String message) -> queueFull(uid, message);
    };
  }

  private static Answer patched(String uid, JsonNode before, ObjectNode job, Result result)
      throws JsonProcessingException {
    JsonNode patch = JsonDiff.asJson(before, job);
    if (patch.isEmpty()) {
      return Answer.allowed(uid, List.of(), result);
    }
    return Answer.of(
        new AdmissionResponseBuilder()
            .withUid(uid)
            .withAllowed(true)
            .withPatchType("JSONPatch")
            .withPatch(Base64.getEncoder().encodeToString(JSON.writeValueAsBytes(patch)))
            .build(),
        result);
  }

  /** As 429, which clients that try again by themselves take for what it is. */
  private static Answer queueFull(String uid, String message) {
    return Answer.refused(
        uid,
        new StatusBuilder()
            .withCode(TOO_MANY_REQUESTS)
            .withReason("QueueFull")
            .withMessage(message)
            .build(),
        Result.QUEUE_FULL);
  }
}
