package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WorkerPoolTest {

  private final ObjectMapper mapper = ApiJson.newMapper();
  private final KubernetesSerialization serialization = new KubernetesSerialization(mapper, true);

  static Stream<Path> validManifests() throws IOException {
    return files("valid");
  }

  static Stream<Path> invalidManifests() throws IOException {
    return files("invalid");
  }

  private static Stream<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/workerpools", folder))) {
      return files.sorted().toList().stream();
    }
  }

  @Test
  void everyFieldSurvivesTheRoundTrip() throws IOException {
    WorkerPool pool = new WorkerPool();
    pool.setMetadata(new ObjectMetaBuilder().withName("nightly").withNamespace("t").build());
    pool.setSpec(
        new WorkerPoolSpec(
            WorkerPoolMode.JOB,
            20,
            5,
            QueueingStrategy.FAIR_SHARE,
            "500ms",
            1000,
            true,
            List.of("compute"),
            new AllowedNamespaces(
                FromNamespaces.SELECTOR,
                new LabelSelectorBuilder()
                    .addToMatchLabels("scans", "yes")
                    .addNewMatchExpression()
                    .withKey("team")
                    .withOperator("In")
                    .withValues("a", "b")
                    .endMatchExpression()
                    .build()),
            new JobDefaults(
                "low",
                Map.of("disk", "ssd"),
                List.of(new TolerationBuilder().withKey("scans").withOperator("Exists").build()),
                new ResourceDefaults(
                    Map.of("memory", new Quantity("512Mi")), Map.of("cpu", new Quantity("1"))))));
    pool.setStatus(
        new WorkerPoolStatus(
            4_000_000_000L,
            List.of(new ConditionBuilder().withType("Ready").withStatus("True").build()),
            1,
            2,
            "2026-11-22T03:00:00Z",
            0,
            5_000_000_000L));

    for (String text : List.of(serialization.asJson(pool), serialization.asYaml(pool))) {
      WorkerPool read = serialization.unmarshal(text, WorkerPool.class);
      assertThat(read.getSpec()).isEqualTo(pool.getSpec());
      assertThat(read.getStatus()).isEqualTo(pool.getStatus());
    }
    JsonNode tree = mapper.readTree(serialization.asJson(pool));
    assertThat(tree.at("/spec/queueingStrategy").asText()).isEqualTo("FairShare");
    assertThat(tree.at("/spec/allowedNamespaces/from").asText()).isEqualTo("Selector");
    assertThat(tree.at("/spec/mode").asText()).isEqualTo("Job");
  }

  @Test
  void absentStaysAbsent() throws IOException {
    WorkerPool read =
        serialization.unmarshal(
            "{\"apiVersion\":\"scanwarden.io/v1alpha1\",\"kind\":\"WorkerPool\","
                + "\"spec\":{\"newer\":1},\"status\":{\"newer\":{}}}",
            WorkerPool.class);

    JsonNode written = mapper.readTree(serialization.asJson(read));
    assertThat(written.get("spec")).isEmpty();
    assertThat(written.get("status")).isEmpty();
    assertThat(new WorkerPool().getSpec()).isNull();
  }

  @Test
  void isKnownToTheClientByItsKind() {
    assertThat(HasMetadata.getFullResourceName(WorkerPool.class))
        .isEqualTo("workerpools.scanwarden.io");
    assertThat(HasMetadata.getApiVersion(WorkerPool.class)).isEqualTo("scanwarden.io/v1alpha1");
    assertThat(new WorkerPool().getKind()).isEqualTo(WorkerPool.KIND);
  }

  @ParameterizedTest
  @MethodSource("validManifests")
  void validManifestsAreRead(Path file) throws IOException {
    WorkerPool pool = serialization.unmarshal(Files.readString(file), WorkerPool.class);

    JsonNode written = mapper.readTree(serialization.asJson(pool)).get("spec");
    JsonNode given = CrdManifest.tree(Files.readString(file)).get("spec");
    assertThat(written.path("allowedNamespaces")).isEqualTo(given.path("allowedNamespaces"));
    assertThat(written).hasSameSizeAs(given);
    assertThat(pool.getMetadata().getName()).hasSizeLessThanOrEqualTo(WorkerPool.MAX_NAME_LENGTH);
  }

  @ParameterizedTest
  @MethodSource("invalidManifests")
  void invalidManifestsSayWhatIsExpected(Path file) throws IOException {
    assertThat(Files.readAllLines(file).getFirst()).matches("# expect: .{10,}");
  }
}
