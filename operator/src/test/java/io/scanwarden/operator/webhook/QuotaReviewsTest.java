package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.tenant.Excess;
import io.scanwarden.operator.tenant.QuotaAnswer;
import io.scanwarden.operator.tenant.QuotaRequest;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class QuotaReviewsTest {
  private static final String JOB =
      "{\"metadata\":{\"name\":\"scan\",\"labels\":{\"scanwarden.io/pool\":\"p\"}},\"spec\":{}}";

  private final List<QuotaRequest> asked = new ArrayList<>();
  private QuotaAnswer quota = new QuotaAnswer.Granted();
  private boolean watched = true;

  private final QuotaReviews reviews =
      new QuotaReviews(
          namespace -> watched,
          new QuotaAdmission(
              request -> {
                asked.add(request);
                return quota;
              },
              Reviews.NO_REFUSALS));

  private Answer answer(String review) {
    return Reviews.answer(reviews, review);
  }

  @Test
  void aJobOfAPoolGetsAPlace() {
    assertThat(Reviews.response(answer(Reviews.create(JOB))).path("allowed").asBoolean()).isTrue();
    assertThat(answer(Reviews.create(JOB, true)).result()).isEqualTo(Result.ALLOWED);

    assertThat(asked)
        .containsExactly(
            new QuotaRequest(QuotaRequest.Kind.JOB, "ns", "scan", "", false),
            new QuotaRequest(QuotaRequest.Kind.JOB, "ns", "scan", "", true));
  }

  @Test
  void withoutAPlaceItIsRefused() {
    Excess excess = new Excess("team-a", "activeJobs", 10, 10, 1);
    quota = new QuotaAnswer.Refused(excess);

    Answer answer = answer(Reviews.create(JOB));

    assertThat(answer.result()).isEqualTo(Result.QUOTA_EXCEEDED);
    JsonNode response = Reviews.response(answer);
    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.at("/status/code").asInt()).isEqualTo(403);
    assertThat(response.at("/status/reason").asText()).isEqualTo("Forbidden");
    assertThat(response.at("/status/message").asText()).isEqualTo(excess.message());
    assertThat(response.at("/status/details/name").asText()).isEqualTo("scan");
    assertThat(response.at("/status/details/kind").asText()).isEqualTo("jobs");
    assertThat(response.at("/status/details/causes/0/reason").asText())
        .isEqualTo("TenantQuotaExceeded");
    assertThat(response.at("/status/details/causes/0/message").asText())
        .isEqualTo("TenantQuota team-a, spec.limits.activeJobs: 10");
    assertThat(response.at("/auditAnnotations/quota").asText())
        .isEqualTo("tenant team-a: " + excess.message());
  }

  @Test
  void inDoubtItIsRefused() {
    quota = new QuotaAnswer.Unknown("the API server does not answer");

    Answer answer = answer(Reviews.create(JOB));

    assertThat(answer.result()).isEqualTo(Result.QUOTA_UNKNOWN);
    JsonNode response = Reviews.response(answer);
    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.at("/status/code").asInt()).isEqualTo(503);
    assertThat(response.at("/status/reason").asText()).isEqualTo("ServiceUnavailable");
    assertThat(response.at("/status/message").asText()).contains("the API server does not answer");
    assertThat(response.at("/auditAnnotations/quota").asText())
        .isEqualTo("unknown: the API server does not answer");
  }

  @Test
  void aPlaceIsGivenToANameOnly() {
    Answer answer =
        answer(
            Reviews.create(
                "{\"metadata\":{\"generateName\":\"s-\",\"labels\":{\"scanwarden.io/pool\":\"p\"}}}"));

    JsonNode response = Reviews.response(answer);
    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.at("/status/code").asInt()).isEqualTo(400);
    assertThat(response.at("/status/message").asText()).startsWith("metadata.name: is empty");
    assertThat(asked).isEmpty();
  }

  @Test
  void whatDoesNotCountIsLeftAlone() {
    quota = new QuotaAnswer.Unknown("nobody may ask");
    assertThat(answer(Reviews.create("{\"metadata\":{\"name\":\"scan\"}}")).result())
        .isEqualTo(Result.UNCHANGED);
    assertThat(answer(Reviews.update(JOB, JOB)).result()).isEqualTo(Result.UNCHANGED);
    watched = false;
    assertThat(answer(Reviews.create(JOB)).result()).isEqualTo(Result.UNCHANGED);

    assertThat(asked).isEmpty();
  }

  @Test
  void aFailureIsTheOperators() {
    QuotaReviews broken =
        new QuotaReviews(
            namespace -> true,
            new QuotaAdmission(
                request -> {
                  throw new IllegalStateException("broken");
                },
                Reviews.NO_REFUSALS));

    Answer answer = Reviews.answer(broken, Reviews.create(JOB));

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.result()).isEqualTo(Result.FAILED);
  }
}
