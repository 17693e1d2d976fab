package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests run with the module's folder as the working directory. */
class ScanScheduleManifestTest {

  private static final Path FILE = Path.of("manifests/scanschedules.scanwarden.io.yaml");
  private static final int CLIENT_SIDE_APPLY_LIMIT = 200_000;

  private final CrdManifest manifest;

  ScanScheduleManifestTest() throws IOException {
    manifest = CrdManifest.of(ScanSchedule.class, Path.of("src/crd/scanschedules.yaml"));
  }

  @Test
  void fileIsWhatTheRecordsSay() throws IOException {
    if (Boolean.getBoolean("crds.write")) {
      Files.createDirectories(FILE.getParent());
      Files.writeString(FILE, manifest.yaml());
    }
    assertThat(Files.exists(FILE) ? Files.readString(FILE) : "")
        .as("%s differs from the records; rewrite it: mvn -pl crds test -Dcrds.write=true", FILE)
        .isEqualTo(manifest.yaml());
  }

  @Test
  void generatesTheSameEachTime() throws IOException {
    assertThat(CrdManifest.of(ScanSchedule.class, Path.of("src/crd/scanschedules.yaml")).yaml())
        .isEqualTo(manifest.yaml());
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

  @Test
  void jobTemplateKeepsUnknownFieldsAndRequiresNone() {
    JsonNode template = manifest.schema().at("/properties/spec/properties/jobTemplate");
    List<String> strict = new ArrayList<>();
    findStrictObjects(template, "jobTemplate", strict);
    assertThat(strict).isEmpty();
    assertThat(template.at("/properties/spec/properties/backoffLimit/type").asText())
        .isEqualTo("integer");
  }

  private static void findStrictObjects(JsonNode schema, String path, List<String> found) {
    if (schema.has("required") || schema.has("enum")) {
      found.add(path + " is too strict");
    }
    if (!path.equals("jobTemplate") && schema.has("description")) {
      found.add(path + " has a description");
    }
    boolean plainMap = schema.has("additionalProperties");
    if (schema.path("type").asText().equals("object")
        && !plainMap
        && !schema.path("x-kubernetes-preserve-unknown-fields").asBoolean()) {
      found.add(path + " drops unknown fields");
    }
    if (schema.has("items")) {
      findStrictObjects(schema.get("items"), path + "[]", found);
    }
    if (plainMap) {
      findStrictObjects(schema.get("additionalProperties"), path + ".*", found);
    }
    for (Map.Entry<String, JsonNode> field : schema.path("properties").properties()) {
      findStrictObjects(field.getValue(), path + "." + field.getKey(), found);
    }
  }

  @Test
  void takesQuantitiesAsNumbersToo() {
    String pod = "jobTemplate.spec.template.spec.";
    assertThat(manifest.quantities())
        .contains(
            pod + "containers[].resources.limits.*",
            pod + "containers[].resources.requests.*",
            pod + "initContainers[].resources.requests.*",
            pod + "resources.limits.*",
            pod + "overhead.*",
            pod + "volumes[].emptyDir.sizeLimit",
            pod + "containers[].env[].valueFrom.resourceFieldRef.divisor",
            pod + "volumes[].ephemeral.volumeClaimTemplate.spec.resources.requests.*")
        .allMatch(
            path -> path.matches(".*\\.(limits|requests|overhead)\\.\\*|.*\\.(sizeLimit|divisor)"),
            "a quantity");
  }
}
