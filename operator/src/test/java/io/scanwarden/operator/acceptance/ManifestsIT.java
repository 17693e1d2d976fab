package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.condition;
import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static java.util.stream.Collectors.partitioningBy;
import static java.util.stream.Collectors.toMap;
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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Manifests that must work, and ones that must be refused: by the API server where the schema can
 * tell, otherwise in a condition. None of them keeps another schedule from its work.
 */
@ControlPlaneTest
@NullUnmarked
class ManifestsIT {
  private static final Path MANIFESTS =
      ControlPlane.repository().resolve("crds/src/test/resources");
  private static final Pattern NAME =
      Pattern.compile("(?m)^ *(?:metadata: \\{)?name: ([a-z0-9-]+)");

  /** Field, value, and what is wrong with it or allowed. */
  private static final Pattern MESSAGE = Pattern.compile("spec\\.[\\w.\\[\\]]+: \"[^\"]*\" .{10,}");

  private static ControlPlane plane;
  private static RunningOperator operator;
  private static Schedules schedules;

  @BeforeAll
  static void start(ControlPlane shared) {
    plane = shared;
    schedules = new Schedules(plane);
    operator = RunningOperator.of(plane).start().awaitLeading();
    schedules.createReady("beacon", manifest("beacon", "schedule: '@every 1s'", "0s"));
  }

  @AfterAll
  static void stop() {
    operator.close();
  }

  @Test
  void validOnesAreAcceptedAndReady() throws IOException {
    List<Path> files = files("valid").toList();
    assertThat(files).hasSizeGreaterThan(8);

    apply(files).orThrow();

    for (Path file : files) {
      if (Files.readString(file).contains("poolRef:")) {
        schedules.awaitStatus(
            name(file),
            s ->
                assertThat(condition(s, "Ready").path("reason").asText())
                    .isEqualTo("PoolNotFound"));
        continue;
      }
      JsonNode status = schedules.awaitReady(name(file));
      assertThat(condition(status, "Stalled").isMissingNode()).as(file.toString()).isTrue();
      assertThat(condition(status, "Reconciling").isMissingNode()).as(file.toString()).isTrue();
    }
    schedules.awaitBeats("beacon", 1);
  }

  @Test
  void invalidOnesAreRefusedAtOnceOrInACondition() throws IOException {
    Map<Boolean, Map<Path, String>> files =
        files("invalid")
            .collect(
                partitioningBy(
                    file -> firstLine(file).startsWith("# expect: "),
                    toMap(
                        file -> file,
                        file -> firstLine(file).replaceFirst("^# (expect|condition): ", ""),
                        (a, b) -> a,
                        TreeMap::new)));
    assertThat(files.get(true)).hasSizeGreaterThan(30);
    assertThat(files.get(false)).hasSizeGreaterThan(10);
    List<String> before = names();

    refusedAtApply(files.get(true));
    assertThat(names()).as("nothing of them is stored").isEqualTo(before);
    refusedInACondition(files.get(false));

    schedules.awaitBeats("beacon", 2);
  }

  @Test
  void validPoolsAreAccepted() throws IOException {
    List<Path> files = files("workerpools/valid").toList();
    assertThat(files).hasSizeGreaterThan(5);

    apply(files).orThrow();
  }

  @Test
  void invalidPoolsAreRefusedAtOnce() throws IOException {
    Map<Path, String> files = expectations("workerpools/invalid");
    assertThat(files).hasSizeGreaterThan(20);

    refusedAtApply(files);
  }

  /** By a dry run: a quota of the whole cluster would be one for other tests too. */
  @Test
  void validQuotasAreAccepted() throws IOException {
    List<Path> files = files("tenantquotas/valid").toList();
    assertThat(files).hasSizeGreaterThan(5);

    dryRun(files).orThrow();
  }

  @Test
  void invalidQuotasAreRefusedAtOnce() throws IOException {
    Map<Path, String> files = expectations("tenantquotas/invalid");
    assertThat(files).hasSizeGreaterThan(15);

    refused(dryRun(files.keySet()), files);
  }

  private static Map<Path, String> expectations(String folder) throws IOException {
    return files(folder)
        .collect(
            toMap(
                file -> file,
                file -> firstLine(file).replaceFirst("^# expect: ", ""),
                (a, b) -> a,
                TreeMap::new));
  }

  private static void refusedAtApply(Map<Path, String> expected) {
    refused(apply(expected.keySet()), expected);
  }

  private static void refused(Output output, Map<Path, String> expected) {
    assertThat(output.exitCode()).isNotZero();
    // One error each: about an object, or about a file that is none.
    List<String> errors =
        Stream.of(
                output
                    .stderr()
                    .split(
                        "(?m)^(?=The ScanSchedule |The WorkerPool |The TenantQuota |Error |error: )"))
            .toList();
    SoftAssertions softly = new SoftAssertions();
    expected.forEach(
        (file, text) ->
            softly
                .assertThat(errors)
                .as(file.getFileName().toString())
                .anyMatch(
                    error ->
                        (error.contains("\"" + name(file) + "\"")
                                || error.contains(file.toString()))
                            && error.contains(text)));
    softly.assertAll();
  }

  private static void refusedInACondition(Map<Path, String> expected) {
    apply(expected.keySet()).orThrow();
    SoftAssertions softly = new SoftAssertions();
    expected.forEach(
        (file, reason) -> {
          JsonNode status =
              schedules.awaitStatus(
                  name(file),
                  s ->
                      assertThat(condition(s, "Ready").path("status").asText()).isEqualTo("False"));
          JsonNode ready = condition(status, "Ready");
          String what = file.getFileName().toString();
          softly.assertThat(ready.path("reason").asText()).as(what).isEqualTo(reason);
          if (reason.startsWith("Invalid") && !reason.equals("InvalidJobTemplate")) {
            softly.assertThat(ready.path("message").asText()).as(what).matches(MESSAGE);
          } else {
            softly.assertThat(ready.path("message").asText()).as(what).hasSizeGreaterThan(20);
          }
          JsonNode stalled = condition(status, "Stalled");
          softly.assertThat(stalled.path("status").asText()).as(what).isEqualTo("True");
          softly.assertThat(stalled.path("reason").asText()).as(what).isEqualTo(reason);
          softly.assertThat(status.path("nextScheduleTimes")).as(what).isEmpty();
        });
    softly.assertAll();
  }

  private static Output apply(Collection<Path> files) {
    return kubectl(List.of("apply"), files);
  }

  private static Output dryRun(Collection<Path> files) {
    return kubectl(List.of("apply", "--dry-run=server"), files);
  }

  private static Output kubectl(List<String> verb, Collection<Path> files) {
    List<String> arguments = new ArrayList<>(verb);
    files.forEach(file -> arguments.addAll(List.of("-f", file.toString())));
    return plane.kubectl(arguments.toArray(String[]::new));
  }

  private static List<String> names() {
    return plane.kubectl("get", "scansched", "-o", "name").orThrow().stdout().lines().toList();
  }

  private static Stream<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(MANIFESTS.resolve(folder))) {
      return files.sorted().collect(Collectors.toList()).stream();
    }
  }

  private static String name(Path file) {
    Matcher name = NAME.matcher(read(file));
    assertThat(name.find()).as(file.toString()).isTrue();
    return name.group(1);
  }

  private static String firstLine(Path file) {
    return read(file).lines().findFirst().orElseThrow();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
