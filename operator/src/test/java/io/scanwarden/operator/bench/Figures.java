package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;

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

  /** How many a second, from the first to the last; 0 for fewer than two. */
  static double perSecond(List<Instant> inOrder) {
    if (inOrder.size() < 2) {
      return 0;
    }
    Duration took = Duration.between(inOrder.getFirst(), inOrder.getLast());
    return inOrder.size() / (took.toNanos() / 1e9);
  }

  /** The one that so great a share of them, from 0 to 1, is not greater than. */
  static double percentile(List<Double> sorted, double share) {
    return sorted.get(Math.max(0, (int) Math.ceil(sorted.size() * share) - 1));
  }

  /** Milliseconds from one to the other, in tenths. */
  static double milliseconds(Instant from, Instant to) {
    return round(Duration.between(from, to).toNanos() / 1e6, 1);
  }

  /** How they are spread: first, median, 99 %, last; nothing for none. */
  static void spread(Collection<Double> values, ObjectNode into) {
    if (values.isEmpty()) {
      return;
    }
    List<Double> sorted = values.stream().sorted().toList();
    into.put("first", sorted.getFirst());
    into.put("median", sorted.get(sorted.size() / 2));
    into.put("percentile99", percentile(sorted, 0.99));
    into.put("last", sorted.getLast());
  }

  /** One rate or delay in terms of another; nothing where one of them was not measured. */
  static void ratio(ObjectNode into, String name, double value, double other) {
    if (value > 0 && other > 0) {
      into.put(name, round(value / other, 2));
    }
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
