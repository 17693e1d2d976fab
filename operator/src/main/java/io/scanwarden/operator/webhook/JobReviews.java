package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponse;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponseBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReviewBuilder;
import io.fabric8.zjsonpatch.JsonDiff;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /admission/jobs}: the AdmissionReviews of Jobs, as the API server sends them.
 *
 * <p>A Job stays the JSON that came, so that fields of newer Kubernetes versions neither get lost
 * nor in the way.
 */
final class JobReviews implements Consumer<HttpRouting.Builder> {
  static final String PATH = "/admission/jobs";

  private static final Logger log = LoggerFactory.getLogger(JobReviews.class);
  private static final int TOO_MANY_REQUESTS = 429;

  // Jobs are typed, and do not nest as deep as Jackson allows; anybody may call.
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private final JobGate gate;
  private final Metrics metrics;
  private final WebhookMetrics requests;

  JobReviews(JobGate gate, Metrics metrics) {
    this.gate = gate;
    this.metrics = metrics;
    this.requests = new WebhookMetrics(metrics);
  }

  /** An answer: an AdmissionReview, or why there is none. */
  record Answer(int status, String type, String body, Result result) {
    private static Answer error(int status, String message, Result result) {
      return new Answer(status, "text/plain; charset=utf-8", message + "\n", result);
    }
  }

  @Override
  public void accept(HttpRouting.Builder routes) {
    routes.post(PATH, this::handle);
  }

  private void handle(ServerRequest request, ServerResponse response) {
    long begun = System.nanoTime();
    Answer answer =
        answer(request.content().hasEntity() ? request.content().as(byte[].class) : new byte[] {});
    response
        .status(answer.status())
        .header(HeaderNames.CONTENT_TYPE, answer.type())
        .send(answer.body());
    requests.answered(answer.result(), Duration.ofNanos(System.nanoTime() - begun));
  }

  /** Answers a review, whatever the bytes are. */
  Answer answer(byte[] review) {
    try {
      if (JSON.readTree(review).path("request") instanceof ObjectNode request
          && !request.path("uid").asText("").isEmpty()) {
        return answer(request);
      }
      return invalid("no AdmissionReview with a request");
    } catch (IOException e) {
      return invalid("no JSON");
    } catch (RuntimeException e) {
      metrics.error("webhook");
      log.error("A Job could not be reviewed", e);
      return Answer.error(500, "the review failed, see the operator's log", Result.FAILED);
    }
  }

  private static Answer invalid(String message) {
    return Answer.error(400, message, Result.INVALID);
  }

  private Answer answer(ObjectNode request) throws JsonProcessingException {
    JsonNode before = request.path("object").deepCopy();
    String uid = request.path("uid").asText();
    return switch (gate.decide(request)) {
      case Gating.Unchanged() -> answer(uid, allowed(), Result.UNCHANGED);
      case Gating.Queued(ObjectNode job) -> answer(uid, patched(before, job), Result.QUEUED);
      case Gating.Prepared(ObjectNode job) -> answer(uid, patched(before, job), Result.PREPARED);
      case Gating.QueueFull(String message) -> answer(uid, queueFull(message), Result.QUEUE_FULL);
    };
  }

  private static Answer answer(String uid, AdmissionResponseBuilder response, Result result)
      throws JsonProcessingException {
    AdmissionResponse said = response.withUid(uid).build();
    String review =
        JSON.writeValueAsString(new AdmissionReviewBuilder().withResponse(said).build());
    return new Answer(200, "application/json", review, result);
  }

  private static AdmissionResponseBuilder allowed() {
    return new AdmissionResponseBuilder().withAllowed(true);
  }

  private static AdmissionResponseBuilder patched(JsonNode before, ObjectNode job)
      throws JsonProcessingException {
    JsonNode patch = JsonDiff.asJson(before, job);
    return patch.isEmpty()
        ? allowed()
        : allowed()
            .withPatchType("JSONPatch")
            .withPatch(Base64.getEncoder().encodeToString(JSON.writeValueAsBytes(patch)));
  }

  /** As 429, which clients that try again by themselves take for what it is. */
  private static AdmissionResponseBuilder queueFull(String message) {
    return new AdmissionResponseBuilder()
        .withAllowed(false)
        .withStatus(
            new StatusBuilder()
                .withCode(TOO_MANY_REQUESTS)
                .withReason("QueueFull")
                .withMessage(message)
                .build());
  }
}
