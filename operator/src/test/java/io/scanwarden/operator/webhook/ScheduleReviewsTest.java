package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.tenant.QuotaAnswer;
import io.scanwarden.operator.tenant.QuotaRequest;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScheduleReviewsTest {
  private final List<QuotaRequest> asked = new ArrayList<>();
  private final List<String> checked = new ArrayList<>();
  private QuotaAnswer quota = new QuotaAnswer.Granted();
  private boolean watched = true;

  private final ScheduleReviews reviews =
      new ScheduleReviews(
          namespace -> watched,
          this::check,
          new QuotaAdmission(
              request -> {
                asked.add(request);
                return quota;
              },
              Reviews.NO_REFUSALS));

  /** What has "bad" is invalid, which one depends on what follows; "odd" causes a warning. */
  private List<String> check(String namespace, String name, RawJson spec)
      throws InvalidScheduleException {
    checked.add(namespace + "/" + name);
    String text = spec.toString();
    int bad = text.indexOf("bad");
    if (bad >= 0) {
      throw InvalidScheduleException.invalid(
          "spec.schedule", text.substring(bad, bad + 4), "is bad; allowed is good");
    }
    return text.contains("odd") ? List.of("odd") : List.of();
  }

  private static String schedule(String spec) {
    return "{\"metadata\":{\"name\":\"scan\"},\"spec\":{\"schedule\":\"" + spec + "\"}}";
  }

  private Answer answer(String review) {
    return Reviews.answer(reviews, review);
  }

  private JsonNode response(String review) {
    return Reviews.response(answer(review));
  }

  @Test
  void oneThatIsCreatedIsReadAndGetsAPlace() {
    Answer answer = answer(Reviews.create(schedule("good")));

    assertThat(answer.result()).isEqualTo(Result.ALLOWED);
    assertThat(Reviews.response(answer).path("allowed").asBoolean()).isTrue();
    assertThat(checked).containsExactly("ns/scan");
    assertThat(asked)
        .containsExactly(new QuotaRequest(QuotaRequest.Kind.SCHEDULE, "ns", "scan", "", false));
  }

  @Test
  void aDryRunIsAskedAsOne() {
    assertThat(response(Reviews.create(schedule("good"), true)).path("allowed").asBoolean())
        .isTrue();

    assertThat(asked)
        .containsExactly(new QuotaRequest(QuotaRequest.Kind.SCHEDULE, "ns", "scan", "", true));
  }

  @Test
  void warningsAreTold() {
    assertThat(response(Reviews.create(schedule("odd"))).path("warnings"))
        .extracting(JsonNode::asText)
        .containsExactly("odd");
    assertThat(response(Reviews.update(schedule("good"), schedule("odd"))).path("warnings"))
        .extracting(JsonNode::asText)
        .containsExactly("odd");
  }

  @Test
  void anInvalidOneIsRefusedAndGetsNoPlace() {
    Answer answer = answer(Reviews.create(schedule("bad1")));

    assertThat(answer.result()).isEqualTo(Result.INVALID_SPEC);
    JsonNode response = Reviews.response(answer);
    assertThat(response.path("allowed").asBoolean(true)).isFalse();
    assertThat(response.at("/status/code").asInt()).isEqualTo(422);
    assertThat(response.at("/status/reason").asText()).isEqualTo("Invalid");
    assertThat(response.at("/status/message").asText())
        .isEqualTo("spec.schedule: \"bad1\" is bad; allowed is good");
    JsonNode details = response.at("/status/details");
    assertThat(details.path("kind").asText()).isEqualTo("ScanSchedule");
    assertThat(details.path("name").asText()).isEqualTo("scan");
    assertThat(details.at("/causes/0/field").asText()).isEqualTo("spec.schedule");
    assertThat(details.at("/causes/0/message").asText())
        .isEqualTo("Invalid value: \"bad1\" is bad; allowed is good");
    assertThat(asked).isEmpty();
  }

  @Test
  void anUpdateNeedsNoPlace() {
    quota = new QuotaAnswer.Unknown("nobody may ask");

    assertThat(
            response(Reviews.update(schedule("good"), schedule("good2")))
                .path("allowed")
                .asBoolean())
        .isTrue();
    assertThat(asked).isEmpty();
  }

  @Test
  void anUpdateThatMakesItInvalidIsRefused() {
    assertThat(answer(Reviews.update(schedule("good"), schedule("bad1"))).result())
        .isEqualTo(Result.INVALID_SPEC);
    assertThat(answer(Reviews.update("null", schedule("bad1"))).result())
        .isEqualTo(Result.INVALID_SPEC);
  }

  @Test
  void whatWasInvalidBeforeMayBeChangedElsewhere() {
    Answer answer = answer(Reviews.update(schedule("bad1 "), schedule("bad1 suspended")));

    assertThat(answer.result()).isEqualTo(Result.ALLOWED);
    assertThat(Reviews.response(answer).path("warnings"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "spec.schedule is as invalid as before: nothing runs, see condition Ready");
  }

  @Test
  void whatWasInvalidBeforeMayNotBecomeOtherwiseInvalid() {
    assertThat(answer(Reviews.update(schedule("bad1"), schedule("bad2"))).result())
        .isEqualTo(Result.INVALID_SPEC);
  }

  @Test
  void whatLeavesTheSpecAloneIsNotLookedAt() {
    Answer answer =
        answer(
            Reviews.update(
                schedule("bad1"),
                "{\"metadata\":{\"name\":\"scan\",\"labels\":{\"a\":\"b\"}},\"spec\":{\"schedule\":\"bad1\"}}"));

    assertThat(answer.result()).isEqualTo(Result.UNCHANGED);
    assertThat(checked).isEmpty();
  }

  @Test
  void whatTheSchemaWouldRefuseOrNobodyWatchesIsLeftAlone() {
    assertThat(answer(Reviews.create("{\"metadata\":{\"name\":\"scan\"}}")).result())
        .isEqualTo(Result.UNCHANGED);
    assertThat(answer(Reviews.create("null")).result()).isEqualTo(Result.UNCHANGED);
    watched = false;
    assertThat(answer(Reviews.create(schedule("bad1"))).result()).isEqualTo(Result.UNCHANGED);
    assertThat(asked).isEmpty();
  }

  /** The API server lets a template nest deeper than Jackson does. */
  @Test
  void anyDepthIsRead() {
    int depth = 9_000;
    String deep =
        "{\"metadata\":{\"name\":\"scan\"},\"spec\":{\"jobTemplate\":%s%s}}"
            .formatted("[".repeat(depth), "]".repeat(depth));

    assertThat(answer(Reviews.create(deep)).result()).isEqualTo(Result.ALLOWED);
    assertThat(answer(Reviews.update(deep, schedule("good"))).result()).isEqualTo(Result.ALLOWED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        "{\"request\":null}",
        "{\"request\":[]}",
        "{\"request\":{}}",
        "{\"request\":{\"uid\":\"\"}}",
        "{\"request\":{\"uid\":\"u\",\"object\":7}}",
        "{\"request\":{\"uid\":\"u\",\"object\":{\"metadata\":[]}}}"
      })
  void whatIsNoReviewIsRefused(String review) {
    Answer answer = answer(review);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.result()).isEqualTo(Result.INVALID);
  }

  @Test
  void whatNestsTooDeepIsRefused() {
    assertThat(answer(Reviews.create("[".repeat(100_000))).status()).isEqualTo(400);
  }
}
