package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The manifest of a custom resource: what the generator reads off the records, the schema of the
 * job template loosened to what a CronJob takes, and what only our overlay can say.
 */
final class CrdManifest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final KubernetesSerialization YAML = new KubernetesSerialization(MAPPER, true);

  private static final String PRESERVE = "x-kubernetes-preserve-unknown-fields";
  private static final String INT_OR_STRING = "x-kubernetes-int-or-string";

  /** The JSON pointer of the schema of the only version. */
  private static final String SCHEMA = "/spec/versions/0/schema/openAPIV3Schema";

  private static final List<String> FIRST =
      List.of("apiVersion", "kind", "metadata", "name", "description", "type");
  private static final List<String> LAST =
      List.of("required", "x-kubernetes-validations", "schema", "items", "properties", "spec");

  private static final Comparator<String> ORDER =
      Comparator.<String>comparingInt(
              key -> FIRST.contains(key) ? FIRST.indexOf(key) - 100 : LAST.indexOf(key))
          .thenComparing(Comparator.naturalOrder());

  private final ObjectNode crd;
  private final Set<String> quantities = new TreeSet<>();

  private CrdManifest(ObjectNode crd) {
    this.crd = crd;
  }

  /** The manifest of {@code type} with the overlay in {@code overlay}. */
  static CrdManifest of(Class<? extends HasMetadata> type, Path overlay) throws IOException {
    CrdManifest manifest = new CrdManifest(generate(type));
    manifest.dropGeneratorAnnotations();
    JsonNode template = manifest.crd.at(SCHEMA + "/properties/spec/properties/jobTemplate");
    if (template instanceof ObjectNode jobTemplate) {
      manifest.loosen(jobTemplate, "jobTemplate");
    }
    merge(manifest.crd, tree(Files.readString(overlay)), "");
    sort(manifest.crd);
    return manifest;
  }

  /** The whole manifest as a tree. */
  ObjectNode tree() {
    return crd.deepCopy();
  }

  /** The schema of the resource. */
  JsonNode schema() {
    return crd.at(SCHEMA).deepCopy();
  }

  /** The places inside the job template that hold quantities. */
  Set<String> quantities() {
    return quantities;
  }

  /** The manifest as it stands in the file. */
  String yaml() {
    return "# Generated from the records of io.scanwarden.api.v1alpha1: edit those, or crds/src/crd, not this file.\n"
        + YAML.asYaml(crd);
  }

  static JsonNode tree(String yaml) {
    return MAPPER.valueToTree(YAML.unmarshal(yaml, Map.class));
  }

  private static ObjectNode generate(Class<? extends HasMetadata> type) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new CRDGenerator().customResourceClasses(List.of(type)).withOutput(new Memory(out)).generate();
    return (ObjectNode) tree(out.toString(StandardCharsets.UTF_8));
  }

  private void dropGeneratorAnnotations() {
    ((ObjectNode) crd.path("metadata")).remove("annotations");
  }

  /**
   * Makes a schema of Kubernetes' own types accept what the API server accepts for them, newer
   * versions included: known fields typed, unknown ones kept, nothing required, quantities also as
   * numbers. A dry run judges the rest.
   */
  private void loosen(ObjectNode schema, String path) {
    schema.remove(
        List.of("required", "enum", "format", "pattern", "default", "minimum", "maximum"));
    if (!path.equals("jobTemplate")) {
      schema.remove("description");
    }
    if (schema.has(INT_OR_STRING) && !path.endsWith(".port")) {
      // int-or-string refuses fractions such as cpu: 0.5, which a CronJob takes.
      quantities.add(path);
      schema.removeAll();
      schema.put(PRESERVE, true);
      return;
    }
    if (schema.get("properties") instanceof ObjectNode properties) {
      if (path.endsWith(".metadata")) {
        properties.retain("labels", "annotations");
      }
      schema.put(PRESERVE, true);
      for (Map.Entry<String, JsonNode> property : properties.properties()) {
        loosen((ObjectNode) property.getValue(), path + "." + property.getKey());
      }
    }
    if (schema.get("items") instanceof ObjectNode items) {
      loosen(items, path + "[]");
    }
    if (schema.get("additionalProperties") instanceof ObjectNode values) {
      loosen(values, path + ".*");
    }
  }

  private static void merge(ObjectNode target, JsonNode overlay, String path) {
    for (Map.Entry<String, JsonNode> entry : overlay.properties()) {
      String key = entry.getKey();
      JsonNode value = entry.getValue();
      String here = path + "/" + key;
      JsonNode old = target.get(key);
      if (old == null
          && path.endsWith("/properties")
          && !path.contains("/metadata")
          && !key.equals("metadata")) {
        throw new IllegalStateException(
            "the overlay names a field that the records do not have: " + here);
      }
      if (key.equals("default")) {
        target.set(key, value); // a value, not a part of the schema
      } else if (value.isObject()) {
        merge(old instanceof ObjectNode there ? there : target.putObject(key), value, here);
      } else if (old instanceof ArrayNode there
          && there.size() == 1
          && value.size() == 1
          && there.get(0) instanceof ObjectNode only
          && value.get(0).isObject()) {
        merge(only, value.get(0), here); // versions: there is one
      } else {
        target.set(key, value);
      }
    }
  }

  /** Puts the keys of each object into a fixed order: what it is about first, fields by name. */
  private static void sort(JsonNode node) {
    for (JsonNode child : node) {
      sort(child);
    }
    if (node instanceof ObjectNode object) {
      Map<String, JsonNode> sorted = new TreeMap<>(ORDER);
      object.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
      object.removeAll();
      object.setAll(sorted);
    }
  }

  /** The size in bytes as JSON, which is what client-side apply keeps in an annotation. */
  int jsonSize() {
    try {
      return MAPPER.writeValueAsBytes(crd).length;
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Memory(ByteArrayOutputStream out)
      implements CRDGenerator.CRDOutput<ByteArrayOutputStream> {
    @Override
    public ByteArrayOutputStream outputFor(String crdName) {
      return out;
    }

    @Override
    public void close() {}
  }
}
