package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * What holds for the manifest of each resource. Tests run with the module's folder as the working
 * directory.
 */
abstract class ManifestTest {

  private static final int CLIENT_SIDE_APPLY_LIMIT = 200_000;

  private final Class<? extends HasMetadata> type;
  private final Path overlay;
  private final Path file;
  final CrdManifest manifest;

  ManifestTest(Class<? extends HasMetadata> type, String plural) throws IOException {
    this.type = type;
    this.overlay = Path.of("src/crd", plural + ".yaml");
    this.file = Path.of("manifests", plural + ".scanwarden.io.yaml");
    this.manifest = CrdManifest.of(type, overlay);
  }

  @Test
  void fileIsWhatTheRecordsSay() throws IOException {
    if (Boolean.getBoolean("crds.write")) {
      Files.createDirectories(file.getParent());
      Files.writeString(file, manifest.yaml());
    }
    assertThat(Files.exists(file) ? Files.readString(file) : "")
        .as("%s differs from the records; rewrite it: mvn -pl crds test -Dcrds.write=true", file)
        .isEqualTo(manifest.yaml());
  }

  @Test
  void generatesTheSameEachTime() throws IOException {
    assertThat(CrdManifest.of(type, overlay).yaml()).isEqualTo(manifest.yaml());
  }

  @Test
  void fitsIntoTheAnnotationOfClientSideApply() {
    assertThat(manifest.jsonSize()).isLessThan(CLIENT_SIDE_APPLY_LIMIT);
  }

  @Test
  void describesEveryFieldOfOurs() {
    List<String> missing = new ArrayList<>();
    List<String> unclear = new ArrayList<>();
    for (String part : List.of("spec", "status")) {
      visit(manifest.schema().at("/properties/" + part), "." + part, missing, unclear);
    }
    assertThat(missing).as("fields without a description").isEmpty();
    assertThat(unclear).as("descriptions that are no sentence").isEmpty();
  }

  private static void visit(
      JsonNode schema, String path, List<String> missing, List<String> unclear) {
    String description = schema.path("description").asText();
    if (description.isEmpty()) {
      missing.add(path);
    } else if (!description.endsWith(".") || !Character.isUpperCase(description.charAt(0))) {
      unclear.add(path + ": " + description);
    }
    if (path.equals(".spec.jobTemplate")) {
      return;
    }
    JsonNode fields = schema.has("items") ? schema.get("items") : schema;
    for (Map.Entry<String, JsonNode> field : fields.path("properties").properties()) {
      visit(field.getValue(), path + "." + field.getKey(), missing, unclear);
    }
  }

  @Test
  void hasNoDefaultsInsideLists() {
    // Argo CD shows endless drift where the API server defaults fields of list items.
    List<String> defaults = new ArrayList<>();
    findDefaultsInLists(manifest.schema(), false, "", defaults);
    assertThat(defaults).isEmpty();
  }

  private static void findDefaultsInLists(
      JsonNode schema, boolean inList, String path, List<String> found) {
    if (inList && schema.has("default")) {
      found.add(path);
    }
    if (schema.has("items")) {
      findDefaultsInLists(schema.get("items"), true, path + "[]", found);
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      findDefaultsInLists(field.getValue(), inList, path + "." + field.getKey(), found);
    }
  }
}
