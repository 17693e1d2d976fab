package io.scanwarden.operator.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.JobDefaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobFactoryTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant T = Instant.parse("2027-01-31T03:00:00Z");

  private static JsonNode build(String template, RunKey key, Optional<Duration> timeout)
      throws IOException {
    return build(template, AttemptKey.first(key, ""), timeout, Map.of());
  }

  private static JsonNode build(
      String template, AttemptKey key, Optional<Duration> timeout, Map<String, String> env)
      throws IOException {
    return JSON.readTree(
        JobFactory.build(
            new JobFactory.Owner("ns", "scan", "sched-uid"),
            template.getBytes(StandardCharsets.UTF_8),
            new JobFactory.Start(
                "scan-1801364400",
                key,
                Trigger.CRON,
                T.plusNanos(12_345_678),
                4,
                timeout,
                env,
                Optional.empty(),
                PodDefaults.NONE)));
  }

  @Test
  void aTargetHasItsLabelAndItsVariablesInEachContainer() throws IOException {
    JsonNode job =
        build(
            """
            {"spec":{"template":{"spec":{
              "initContainers":[{"name":"i"}],
              "containers":[{"name":"c","env":[{"name":"REGION","value":"none"},{"name":"URL","value":"x$(REGION)"}]}]}}}}""",
            new AttemptKey(new RunKey.Clock(T), "eu", 3),
            Optional.empty(),
            Map.of("REGION", "eu-1"));

    assertThat(job.at("/metadata/labels/scanwarden.io~1target").asText()).isEqualTo("eu");
    assertThat(job.at("/spec/template/metadata/labels/scanwarden.io~1target").asText())
        .isEqualTo("eu");
    assertThat(job.at("/metadata/annotations/scanwarden.io~1attempt").asText()).isEqualTo("3");
    String ours =
        "{\"name\":\"REGION\",\"value\":\"eu-1\"},{\"name\":\"SCANWARDEN_TARGET\",\"value\":\"eu\"}";
    assertThat(job.at("/spec/template/spec/initContainers/0/env"))
        .isEqualTo(JSON.readTree("[" + ours + "]"));
    assertThat(job.at("/spec/template/spec/containers/0/env"))
        .isEqualTo(JSON.readTree("[" + ours + ",{\"name\":\"URL\",\"value\":\"x$(REGION)\"}]"));
  }

  @Test
  void thePoolFillsInWhatTheTemplateDoesNotSay() throws IOException {
    JobFactory.Start start =
        new JobFactory.Start(
            "scan-1801364400",
            AttemptKey.first(new RunKey.Clock(T), ""),
            Trigger.CRON,
            T,
            4,
            Optional.empty(),
            Map.of(),
            Optional.of(new PoolKey("ns", "nightly")),
            PodDefaults.of(new JobDefaults("low", Map.of("disk", "ssd"), null, null)));
    byte[] template =
        "{\"spec\":{\"template\":{\"spec\":{\"nodeSelector\":{\"a\":\"b\"}}}}}"
            .getBytes(StandardCharsets.UTF_8);

    JsonNode job =
        JSON.readTree(
            JobFactory.build(new JobFactory.Owner("ns", "scan", "sched-uid"), template, start));

    assertThat(job.at("/spec/template/spec"))
        .isEqualTo(JSON.readTree("{\"nodeSelector\":{\"a\":\"b\"},\"priorityClassName\":\"low\"}"));
  }

  @Test
  void golden() throws IOException {
    JsonNode job =
        build(
            """
            {"metadata":{"name":"mine","namespace":"else","labels":{"app":"x","scanwarden.io/pool":"p"},
             "annotations":{"note":"y","scanwarden.io/term":"99"}},
             "spec":{"ttlSecondsAfterFinished":5,"backoffLimit":0,"template":{
               "metadata":{"labels":{"scanwarden.io/schedule":"other","tier":"z"}},
               "spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":0.1}}}]}}}}""",
            new RunKey.Clock(T),
            Optional.of(Duration.ofMinutes(2)));

    assertThat(job)
        .isEqualTo(
            JSON.readTree(
                """
                {"apiVersion":"batch/v1","kind":"Job",
                 "metadata":{"name":"scan-1801364400","namespace":"ns",
                  "labels":{"app":"x","scanwarden.io/schedule":"scan"},
                  "annotations":{"note":"y","scanwarden.io/scheduled-at":"2027-01-31T03:00:00Z",
                   "scanwarden.io/trigger":"Cron","scanwarden.io/attempt":"1","scanwarden.io/term":"4",
                   "scanwarden.io/admitted-at":"2027-01-31T03:00:00.012Z"},
                  "ownerReferences":[{"apiVersion":"scanwarden.io/v1alpha1","kind":"ScanSchedule",
                   "name":"scan","uid":"sched-uid","controller":true,"blockOwnerDeletion":true}]},
                 "spec":{"backoffLimit":0,"activeDeadlineSeconds":120,"template":{
                   "metadata":{"labels":{"tier":"z","scanwarden.io/schedule":"scan"}},
                   "spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":0.1}}}]}}}}"""));
  }

  @Test
  void anEmptyTemplateAndARequest() throws IOException {
    JsonNode job =
        build("{\"metadata\":null,\"spec\":null}", new RunKey.Request(T), Optional.empty());

    assertThat(job.at("/metadata/labels/scanwarden.io~1request").asText()).isEqualTo("1801364400");
    assertThat(job.at("/spec/template/metadata/labels/scanwarden.io~1request").asText())
        .isEqualTo("1801364400");
    assertThat(job.at("/spec/activeDeadlineSeconds").isMissingNode()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7",
        "[]",
        "{",
        "{\"spec\":[]}",
        "{\"spec\":{\"template\":1}}",
        "{\"metadata\":{\"labels\":\"x\"}}"
      })
  void whatIsNoTemplateIsRefused(String template) {
    assertThatThrownBy(() -> build(template, new RunKey.Clock(T), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("jobTemplate");
  }
}
