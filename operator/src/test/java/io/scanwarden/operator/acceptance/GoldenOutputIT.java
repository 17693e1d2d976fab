package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.Output;
import io.scanwarden.operator.cluster.RunningOperator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * What users see: the output of the real kubectl against files in {@code golden/}. A test that
 * fails leaves what it got in {@code target/golden}; {@code -Dscanwarden.golden.update=true} takes
 * it over.
 */
@ControlPlaneTest
@NullUnmarked
class GoldenOutputIT {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  /** Long before any machine's real time, so that no schedule is older than the clock. */
  private static final Instant BEFORE = Instant.parse("2024-01-10T02:59:50Z");

  private static final Instant AFTER = Instant.parse("2024-01-10T03:00:05Z");

  private static ControlPlane plane;
  private static RunningOperator operator;

  @BeforeAll
  static void scene(ControlPlane shared) {
    plane = shared;
    operator = RunningOperator.of(plane).withTestClock(BEFORE, 0).start().awaitLeading();
    Schedules schedules = new Schedules(plane);
    schedules.create(
        manifest(
            "image-audit",
            "schedule: '0 4 * * *'\ntimeZone: Europe/Berlin\nsuccessfulJobsHistoryLimit: 5",
            "0s"));
    schedules.create(manifest("registry-sweep", "schedule: '0 3 * * 1-5'", "0s", "3", "0s"));
    schedules.create(
        manifest(
            "host-baseline",
            "triggers: [{every: 5s}]\nconcurrencyPolicy: Queue\nmaxQueued: 1",
            "24h"));
    schedules.create(manifest("license-check", "schedule: '0 0 1 * *'\nsuspend: true", "0s"));
    schedules.create(manifest("secrets-scan", "schedule: '0 25 * * *'", "0s"));
    schedules.create(
        manifest(
            "us-east",
            "schedule: '30 1 * * *'\ntimeZone: America/New_York\njitter: 10m\nnotAfter: \"2025-01-01T00:00:00Z\"",
            "0s"));
    for (String name : List.of("image-audit", "registry-sweep", "host-baseline", "us-east")) {
      schedules.awaitReady(name);
    }
    schedules.awaitReady("license-check");
    schedules.awaitStatus(
        "secrets-scan",
        s ->
            assertThat(Schedules.condition(s, "Stalled").path("status").asText())
                .isEqualTo("True"));
    operator.setClock(AFTER, 0);
    schedules.awaitStatus(
        "image-audit", s -> assertThat(s.path("lastResult").asText()).isEqualTo("Succeeded"));
    schedules.awaitStatus(
        "registry-sweep", s -> assertThat(s.path("lastResult").asText()).isEqualTo("Failed"));
    schedules.awaitStatus(
        "host-baseline",
        s -> {
          assertThat(s.path("running").asInt()).isEqualTo(1);
          assertThat(s.path("queued").asInt()).isEqualTo(1);
        });
    schedules.awaitEvent("image-audit", "RunSucceeded");
    schedules.awaitEvent("registry-sweep", "RunFailed");
    schedules.awaitEvent("host-baseline", "QueueFull");
    schedules.awaitEvent("host-baseline", "RunStarted");
    schedules.awaitEvent("secrets-scan", "InvalidSchedule");
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @Test
  void get() {
    golden("get", table(kubectl("get", "scansched")));
  }

  @Test
  void getWide() {
    golden("get-wide", table(kubectl("get", "scansched", "-o", "wide")));
  }

  @Test
  void getTheCategoryInAllNamespaces() {
    golden(
        "get-scans-all-namespaces",
        table(
            kubectl("get", "scans", "-A")
                .lines()
                .filter(line -> line.startsWith("NAMESPACE") || line.contains(plane.namespace()))
                .collect(Collectors.joining("\n"))));
  }

  @Test
  void describeOneThatSucceeded() {
    golden("describe-image-audit", description("image-audit"));
  }

  @Test
  void describeOneThatQueues() {
    golden("describe-host-baseline", description("host-baseline"));
  }

  @Test
  void describeOneThatFailed() {
    golden("describe-registry-sweep", description("registry-sweep"));
  }

  @Test
  void describeOneThatIsInvalid() {
    golden("describe-secrets-scan", description("secrets-scan"));
  }

  @Test
  void waitForReady() {
    golden(
        "wait-ready",
        kubectl("wait", "--for=condition=Ready", "scansched/image-audit", "--timeout=10s"));
    Output never =
        plane.kubectl("wait", "--for=condition=Ready", "scansched/secrets-scan", "--timeout=1s");
    assertThat(never.exitCode()).isNotZero();
  }

  @Test
  void jobsShowTheirScheduleAndTheirTime() {
    golden(
        "get-jobs",
        table(
            kubectl(
                "get",
                "jobs",
                "-o",
                "custom-columns=NAME:.metadata.name,SCHEDULE:.metadata.labels.scanwarden\\.io/schedule,"
                    + "AT:.metadata.annotations.scanwarden\\.io/scheduled-at,"
                    + "TRIGGER:.metadata.annotations.scanwarden\\.io/trigger")));
  }

  @Test
  void explain() {
    golden("explain", kubectl("explain", "scansched"));
    golden("explain-spec", kubectl("explain", "scansched.spec"));
    golden("explain-triggers", kubectl("explain", "scansched.spec.triggers"));
    golden("explain-exclusions", kubectl("explain", "scansched.spec.exclusions"));
    golden("explain-status", kubectl("explain", "scansched.status"));
  }

  @Test
  void everyFieldOfOursIsDescribed() {
    JsonNode crd =
        Schedules.json(kubectl("get", "crd", "scanschedules.scanwarden.io", "-o", "json"));
    List<String> missing = new ArrayList<>();
    JsonNode root = crd.at("/spec/versions/0/schema/openAPIV3Schema");
    for (String part : List.of("spec", "status")) {
      undescribed(part, root.path("properties").path(part), missing);
    }
    assertThat(missing).as("fields without a description").isEmpty();
    for (JsonNode column : crd.at("/spec/versions/0/additionalPrinterColumns")) {
      assertThat(
              column.path("description").asText().isEmpty()
                  && !column.path("name").asText().equals("Age"))
          .as(column.toString())
          .isFalse();
    }
  }

  private static void undescribed(String path, JsonNode schema, List<String> missing) {
    if (schema.path("description").asText().isBlank()) {
      missing.add(path);
    }
    // Below it are Kubernetes' own fields.
    if (path.equals("spec.jobTemplate")) {
      return;
    }
    JsonNode fields = schema.has("items") ? schema.path("items") : schema;
    fields
        .path("properties")
        .properties()
        .forEach(field -> undescribed(path + "." + field.getKey(), field.getValue(), missing));
  }

  // ---- running kubectl, and taking out what differs from time to time

  private static String kubectl(String... arguments) {
    return plane.kubectl(arguments).orThrow().stdout();
  }

  private static String description(String schedule) {
    String text = kubectl("describe", "scansched", schedule);
    int events = text.indexOf("\nEvents:");
    return normal(text.substring(0, events + 1)) + events(text.substring(events + 1));
  }

  /** Of Events in the same second the order is not known. */
  private static String events(String text) {
    List<String> lines = text.lines().toList();
    if (lines.size() < 4) {
      return text;
    }
    return lines.get(0)
        + "\n"
        + table(
            lines.get(1)
                + "\n"
                + lines.stream().skip(3).sorted().collect(Collectors.joining("\n")));
  }

  /** Columns as wide as is needed once ages are taken out. */
  private static String table(String text) {
    List<Integer> starts =
        Pattern.compile("\\S+( \\S+)*")
            .matcher(text.lines().findFirst().orElse(""))
            .results()
            .map(MatchResult::start)
            .toList();
    List<List<String>> rows = text.lines().map(line -> cells(line, starts)).toList();
    StringBuilder table = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        int column = i;
        int width =
            rows.stream()
                .filter(r -> r.size() > column)
                .mapToInt(r -> r.get(column).length())
                .max()
                .orElse(0);
        line.append(row.get(i)).append(" ".repeat(width - row.get(i).length() + 3));
      }
      table.append(line.toString().stripTrailing()).append('\n');
    }
    return table.toString();
  }

  private static List<String> cells(String line, List<Integer> starts) {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < starts.size(); i++) {
      int end = i + 1 < starts.size() ? starts.get(i + 1) : line.length();
      int from = Math.min(starts.get(i), line.length());
      cells.add(cell(line.substring(from, Math.clamp(end, from, line.length())).strip()));
    }
    return cells;
  }

  private static String cell(String text) {
    return normal(text).matches("(\\d+[ydhms])+( \\(x\\d+ over .*\\))?") ? "<age>" : normal(text);
  }

  private static final Pattern UID =
      Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");

  /** Times of the test clock stay, those of real time go. */
  private static final Pattern REAL_TIME =
      Pattern.compile("(?!2024-01-|2025-01-01)\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d[.\\d]*Z");

  private static String normal(String text) {
    String normal = UID.matcher(text).replaceAll("<uid>");
    normal = REAL_TIME.matcher(normal).replaceAll("<time>");
    normal = normal.replace(plane.namespace(), "team-a");
    return normal.replaceAll("(?m)(Resource Version: +)\\d+", "$1<version>");
  }

  private static void golden(String name, String output) {
    String actual =
        output.lines().map(String::stripTrailing).collect(Collectors.joining("\n")) + "\n";
    Path file = GOLDEN.resolve(name + ".txt");
    try {
      if (Boolean.getBoolean("scanwarden.golden.update")) {
        Files.createDirectories(GOLDEN);
        Files.writeString(file, actual);
      }
      Path got = Files.createDirectories(Path.of("target/golden")).resolve(name + ".txt");
      Files.writeString(got, actual);
      assertThat(actual)
          .as("%s; what came is in %s", file, got)
          .isEqualTo(Files.exists(file) ? Files.readString(file) : "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
