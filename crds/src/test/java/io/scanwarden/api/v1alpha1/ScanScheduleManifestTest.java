package io.scanwarden.api.v1alpha1;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScanScheduleManifestTest extends ManifestTest {

  ScanScheduleManifestTest() throws IOException {
    super(ScanSchedule.class, "scanschedules");
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
