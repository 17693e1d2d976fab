package io.scanwarden.operator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.schedule.SpecReader;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.Timeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The schedules in a manifest: its ScanSchedules, and CronJobs, which differ in two lines only. */
final class ScheduleFile {
  private static final Set<String> KINDS = Set.of("ScanSchedule", "CronJob");

  /**
   * One of them.
   *
   * @param identity namespace/name
   */
  record Named(String identity, boolean suspended, Timeline timeline) {}

  private ScheduleFile() {}

  /**
   * Reads YAML or JSON, of one or several documents; other kinds are passed over.
   *
   * @throws IllegalArgumentException with a line for the user when it is not readable, has no
   *     schedule, or one that is invalid
   */
  static List<Named> read(String manifest) {
    List<Named> found = new ArrayList<>();
    try (MappingIterator<JsonNode> documents =
        new YAMLMapper().readerFor(JsonNode.class).readValues(manifest)) {
      while (documents.hasNextValue()) {
        collect(documents.nextValue(), found);
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not readable as YAML: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("not readable: " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new IllegalArgumentException("no ScanSchedule in it");
    }
    return found;
  }

  private static void collect(JsonNode document, List<Named> found) {
    if (KINDS.contains(document.path("kind").asText())) {
      found.add(named(document));
    }
    document.path("items").forEach(item -> collect(item, found));
  }

  private static Named named(JsonNode schedule) {
    JsonNode metadata = schedule.path("metadata");
    String identity =
        metadata.path("namespace").asText("default") + "/" + metadata.path("name").asText("");
    JsonNode spec = schedule.path("spec");
    try {
      return new Named(
          identity,
          spec.path("suspend").asBoolean(),
          SpecReader.timeline(
              identity, RawJson.of(spec.toString().getBytes(StandardCharsets.UTF_8))));
    } catch (InvalidScheduleException e) {
      throw new IllegalArgumentException(identity + ": " + e.getMessage(), e);
    }
  }
}
