package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.zjsonpatch.JsonPatch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.JobDefaults;
import io.scanwarden.api.v1alpha1.WorkerPoolSpec;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.pool.PoolSpec;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobReviewsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private int waiting;
  private final ReviewRoute reviews = reviews();

  private ReviewRoute reviews() {
    try {
      PoolSpec spec =
          PoolSpec.of(
              new WorkerPoolSpec(
                  null,
                  null,
                  null,
                  null,
                  null,
                  1,
                  null,
                  null,
                  null,
                  new JobDefaults("low", null, null, null)));
      return new ReviewRoute(
          JobReviews.PATH,
          new JobReviews(
              new JobGate(
                  namespace -> true,
                  (pool, namespace) -> {
                    if (pool.name().equals("broken")) {
                      throw new IllegalStateException("broken");
                    }
                    return Optional.of(spec);
                  },
                  pool -> waiting)),
          new Metrics(new SimpleMeterRegistry()));
    } catch (InvalidScheduleException e) {
      throw new IllegalStateException(e);
    }
  }

  private Answer answer(String review) {
    return reviews.answer(review.getBytes(StandardCharsets.UTF_8));
  }

  private static String review(String job) {
    return """
        {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
         "operation":"CREATE","namespace":"ns","dryRun":true,"object":%s}}"""
        .formatted(job);
  }

  private static final String JOB =
      """
      {"metadata":{"labels":{"scanwarden.io/pool":"%s"},"newer":[1.10]},
       "spec":{"template":{"spec":{"containers":[{"name":"c","newer":{"deep":true}}]}},"newer":1e400}}""";

  @Test
  void answersWithAPatchOfWhatIsToChange() throws Exception {
    String job = JOB.formatted("p");

    Answer answer = answer(review(job));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.result()).isEqualTo(Result.QUEUED);
    JsonNode review = JSON.readTree(answer.body());
    assertThat(review.path("apiVersion").asText()).isEqualTo("admission.k8s.io/v1");
    assertThat(review.path("kind").asText()).isEqualTo("AdmissionReview");
    JsonNode response = review.path("response");
    assertThat(response.path("uid").asText()).isEqualTo("u-1");
    assertThat(response.path("allowed").asBoolean()).isTrue();
    assertThat(response.path("patchType").asText()).isEqualTo("JSONPatch");
    JsonNode patch = JSON.readTree(Base64.getDecoder().decode(response.path("patch").asText()));
    assertThat(patch.toString()).doesNotContain("newer");
    JsonNode patched = JsonPatch.apply(patch, JSON.readTree(job));
    assertThat(patched.at("/spec/suspend").asBoolean()).isTrue();
    assertThat(patched.at("/metadata/labels/scanwarden.io~1queued").asText()).isEqualTo("true");
    assertThat(patched.at("/spec/template/metadata/labels/scanwarden.io~1pool").asText())
        .isEqualTo("p");
    assertThat(patched.at("/spec/template/spec/priorityClassName").asText()).isEqualTo("low");
  }

  @Test
  void whatNeedsNoChangeGetsNoPatch() throws Exception {
    Answer answer = answer(review("{\"spec\":{}}"));

    assertThat(answer.result()).isEqualTo(Result.UNCHANGED);
    assertThat(JSON.readTree(answer.body()).path("response"))
        .isEqualTo(JSON.readTree("{\"uid\":\"u-1\",\"allowed\":true}"));
  }

  @Test
  void aFullQueueIsTold() throws Exception {
    waiting = 1;

    Answer answer = answer(review(JOB.formatted("p")));

    assertThat(answer.result()).isEqualTo(Result.QUEUE_FULL);
    JsonNode response = JSON.readTree(answer.body()).path("response");
    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.at("/status/code").asInt()).isEqualTo(429);
    assertThat(response.at("/status/reason").asText()).isEqualTo("QueueFull");
    assertThat(response.at("/status/message").asText()).contains("spec.maxQueued=1, waiting=1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no",
        "{",
        "null",
        "[]",
        "{}",
        "{\"request\":null}",
        "{\"request\":[]}",
        "{\"request\":{}}",
        "{\"request\":{\"uid\":\"\"}}"
      })
  void whatIsNoReviewIsRefused(String review) {
    Answer answer = answer(review);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.result()).isEqualTo(Result.INVALID);
  }

  @Test
  void whatNestsTooDeepIsRefused() {
    assertThat(answer(review("[".repeat(100_000))).status()).isEqualTo(400);
  }

  @Test
  void aFailureIsTheOperators() {
    Answer answer = answer(review(JOB.formatted("broken")));

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.result()).isEqualTo(Result.FAILED);
  }
}
