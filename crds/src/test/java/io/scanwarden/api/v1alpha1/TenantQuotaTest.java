package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TenantQuotaTest {

  private final ObjectMapper mapper = ApiJson.newMapper();
  private final KubernetesSerialization serialization = new KubernetesSerialization(mapper, true);

  static Stream<Path> validManifests() throws IOException {
    return files("valid");
  }

  static Stream<Path> invalidManifests() throws IOException {
    return files("invalid");
  }

  private static Stream<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/tenantquotas", folder))) {
      return files.sorted().toList().stream();
    }
  }

  @Test
  void everyFieldSurvivesTheRoundTrip() throws IOException {
    TenantQuota quota = new TenantQuota();
    quota.setMetadata(new ObjectMetaBuilder().withName("team-a").build());
    quota.setSpec(
        new TenantQuotaSpec(
            new LabelSelectorBuilder()
                .addToMatchLabels("tenant", "team-a")
                .addNewMatchExpression()
                .withKey("stage")
                .withOperator("NotIn")
                .withValues("test")
                .endMatchExpression()
                .build(),
            false,
            new QuotaLimits(10, 4, 500, 100, 1000)));
    QuotaUsage usage = new QuotaUsage(10, 8, 2, 80, QuotaState.NEAR_LIMIT);
    quota.setStatus(
        new TenantQuotaStatus(
            4_000_000_000L,
            List.of(new ConditionBuilder().withType("Ready").withStatus("True").build()),
            List.of("team-a-dev", "team-a-prod"),
            QuotaState.AT_LIMIT,
            new QuotaUsages(usage, usage, usage, usage, usage),
            List.of(
                new QuotaReservation(
                    "jobs", "team-a-dev", "scan", "2026-11-22T03:00:00.123Z", "an-uid")),
            3L));

    for (String text : List.of(serialization.asJson(quota), serialization.asYaml(quota))) {
      TenantQuota read = serialization.unmarshal(text, TenantQuota.class);
      assertThat(read.getSpec()).isEqualTo(quota.getSpec());
      assertThat(read.getStatus()).isEqualTo(quota.getStatus());
    }
    JsonNode tree = mapper.readTree(serialization.asJson(quota));
    assertThat(tree.at("/spec").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("namespaceSelector", "default", "limits");
    assertThat(tree.at("/status/state").asText()).isEqualTo("AtLimit");
    assertThat(tree.at("/status/usage/agents/state").asText()).isEqualTo("NearLimit");
  }

  @Test
  void absentStaysAbsent() throws IOException {
    TenantQuota read =
        serialization.unmarshal(
            "{\"apiVersion\":\"scanwarden.io/v1alpha1\",\"kind\":\"TenantQuota\","
                + "\"spec\":{\"newer\":1},\"status\":{\"newer\":{}}}",
            TenantQuota.class);

    JsonNode written = mapper.readTree(serialization.asJson(read));
    assertThat(written.get("spec")).isEmpty();
    assertThat(written.get("status")).isEmpty();
    assertThat(new TenantQuota().getSpec()).isNull();
  }

  @Test
  void isKnownToTheClientByItsKind() {
    assertThat(HasMetadata.getFullResourceName(TenantQuota.class))
        .isEqualTo("tenantquotas.scanwarden.io");
    assertThat(HasMetadata.getApiVersion(TenantQuota.class)).isEqualTo("scanwarden.io/v1alpha1");
    assertThat(new TenantQuota()).isNotInstanceOf(Namespaced.class);
    assertThat(new TenantQuota().getKind()).isEqualTo(TenantQuota.KIND);
  }

  @ParameterizedTest
  @MethodSource("validManifests")
  void validManifestsAreRead(Path file) throws IOException {
    TenantQuota quota = serialization.unmarshal(Files.readString(file), TenantQuota.class);

    JsonNode written = mapper.readTree(serialization.asJson(quota)).get("spec");
    assertThat(written).isEqualTo(CrdManifest.tree(Files.readString(file)).get("spec"));
  }

  @ParameterizedTest
  @MethodSource("invalidManifests")
  void invalidManifestsSayWhatIsExpected(Path file) throws IOException {
    assertThat(Files.readAllLines(file).getFirst()).matches("# expect: .{10,}");
  }
}
