package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TenantQuotaReviewsTest {
  private final TenantQuotaReviews reviews = new TenantQuotaReviews();

  private static String quota(String spec) {
    return "{\"metadata\":{\"name\":\"team-a\"},\"spec\":" + spec + "}";
  }

  private Iterable<JsonNode> warnings(String spec) {
    JsonNode response = Reviews.response(Reviews.answer(reviews, Reviews.create(quota(spec))));
    assertThat(response.path("allowed").asBoolean()).isTrue();
    return response.path("warnings");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "null",
        "7",
        "{\"limits\":null}",
        "{\"limits\":[0]}",
        "{\"limits\":{\"activeJobs\":null,\"schedules\":\"0\"}}",
        "{\"limits\":{\"activeJobs\":10,\"runningJobs\":10,\"schedules\":1}}",
        "{\"limits\":{\"runningJobs\":10}}"
      })
  void nothingToSay(String spec) {
    assertThat(warnings(spec)).isEmpty();
  }

  @Test
  void aLimitOfZeroIsNone() {
    assertThat(warnings("{\"limits\":{\"schedules\":0,\"agents\":0,\"activeJobs\":1}}"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "spec.limits.schedules: 0 allows nothing at all; leave the field out for no limit",
            "spec.limits.agents: 0 allows nothing at all; leave the field out for no limit");
  }

  @Test
  void moreMayRunThanThereMayBe() {
    assertThat(warnings("{\"limits\":{\"activeJobs\":2147483646,\"runningJobs\":2147483647}}"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "spec.limits.runningJobs: 2147483647 is more than activeJobs, 2147483646: it matters only if Jobs run"
                + " several Pods")
        .allSatisfy(warning -> assertThat(warning).hasSizeLessThanOrEqualTo(120));
  }

  @Test
  void whatLeavesTheSpecAloneIsNotLookedAt() {
    String zero = quota("{\"limits\":{\"schedules\":0}}");

    Answer answer = Reviews.answer(reviews, Reviews.update(zero, zero));

    assertThat(answer.result()).isEqualTo(Result.UNCHANGED);
    assertThat(Reviews.response(answer).path("warnings")).isEmpty();
  }
}
