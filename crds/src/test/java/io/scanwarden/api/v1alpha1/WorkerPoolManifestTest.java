package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class WorkerPoolManifestTest extends ManifestTest {

  WorkerPoolManifestTest() throws IOException {
    super(WorkerPool.class, "workerpools");
  }

  @Test
  void isScaledByMaxConcurrent() {
    JsonNode scale = manifest.tree().at("/spec/versions/0/subresources/scale");
    assertThat(scale.path("specReplicasPath").asText()).isEqualTo(".spec.maxConcurrent");
    assertThat(scale.path("statusReplicasPath").asText()).isEqualTo(".status.running");
    assertThat(manifest.tree().at("/spec/versions/0/subresources/status").isObject()).isTrue();
  }

  @Test
  void jobDefaultsAreExactlyFour() {
    assertThat(
            manifest.schema().at("/properties/spec/properties/jobDefaults/properties").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("priorityClassName", "nodeSelector", "tolerations", "resources");
  }
}
