package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TenantQuotaManifestTest extends ManifestTest {

  TenantQuotaManifestTest() throws IOException {
    super(TenantQuota.class, "tenantquotas");
  }

  @Test
  void isOfTheWholeCluster() {
    assertThat(manifest.tree().at("/spec/scope").asText()).isEqualTo("Cluster");
    assertThat(manifest.tree().at("/spec/versions/0/subresources/status").isObject()).isTrue();
  }

  @Test
  void eachLimitIsBoundedAndHasItsUsage() {
    JsonNode limits = manifest.schema().at("/properties/spec/properties/limits/properties");
    JsonNode usages = manifest.schema().at("/properties/status/properties/usage/properties");

    assertThat(limits).hasSize(5);
    for (JsonNode limit : limits) {
      assertThat(limit.path("minimum").asInt(-1)).isZero();
      assertThat(limit.path("maximum").asInt()).isEqualTo(TenantQuota.MAX_LIMIT);
    }
    assertThat(names(usages)).containsExactlyElementsOf(names(limits));
  }

  @Test
  void aReservationIsKnownByItsObject() {
    JsonNode reservations = manifest.schema().at("/properties/status/properties/reservations");

    assertThat(reservations.path("x-kubernetes-list-map-keys"))
        .isEqualTo(new ObjectMapper().valueToTree(List.of("resource", "namespace", "name")));
    assertThat(reservations.path("maxItems").asInt()).isEqualTo(TenantQuota.MAX_RESERVATIONS);
  }

  @Test
  void namespacesAreSelectedAsByAPool() throws IOException {
    JsonNode pools =
        CrdManifest.of(WorkerPool.class, Path.of("src/crd/workerpools.yaml"))
            .schema()
            .at("/properties/spec/properties/allowedNamespaces/properties/selector/properties");

    assertThat(manifest.schema().at("/properties/spec/properties/namespaceSelector/properties"))
        .isEqualTo(pools);
  }

  private static List<String> names(JsonNode properties) {
    return properties.properties().stream().map(Map.Entry::getKey).toList();
  }
}
