package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The figures of one run of the benchmark, as a table and as JSON. */
final class Figures {
  private final ObjectNode root = ApiServer.JSON.createObjectNode();

  Figures() {
    root.put("measuredAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    root.putObject("machine")
        .put("processors", Runtime.getRuntime().availableProcessors())
        .put("loadBefore", Usage.load());
  }

  ObjectNode root() {
    return root;
  }

  static double round(double value, int digits) {
    double scale = Math.pow(10, digits);
    return Math.round(value * scale) / scale;
  }

  void write(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(
        file,
        ApiServer.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root)
            + System.lineSeparator());
    Bench.say("");
    print("", root);
    Bench.say("%nAs JSON: %s".formatted(file));
  }

  private static void print(String indent, JsonNode node) {
    for (var field : node.properties()) {
      if (field.getValue().isContainerNode()) {
        Bench.say("%s%s".formatted(indent, field.getKey()));
        print(indent + "  ", field.getValue());
      } else {
        Bench.say("%-46s %s".formatted(indent + field.getKey(), field.getValue().asText()));
      }
    }
  }
}
