package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.observe.audit.AuditAction;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The pages of docs/reference list what the code has: no less, and nothing that it has not. */
class ReferencePagesTest {
  private static final Path SOURCES = Path.of("src/main/java/io/scanwarden/operator");
  private static final Path PAGES = Path.of("../docs/reference");

  /** A literal that is one CamelCase word: a reason, an action, a result or a condition's type. */
  private static final Pattern WORD = Pattern.compile("\"((?:[A-Z][a-z]+)+)\"");

  /** Such words of other kinds. */
  private static final Set<String> OTHER =
      Set.of(
          "Accept",
          "True",
          "False",
          "ScanSchedule",
          "WorkerPool",
          "Pending",
          "In",
          "NotIn",
          "Exists",
          "DoesNotExist",
          "Job");

  private static final Pattern CODE = Pattern.compile("`([A-Za-z]+)`");

  private static final Pattern POLICY =
      Pattern.compile("kind: ValidatingAdmissionPolicy\\s+metadata:\\s+name: (\\S+)");

  private static final Pattern METER =
      Pattern.compile(
          "(Timer\\s*\\.builder|Gauge\\s*\\.builder|Counter\\s*\\.builder|count|gauge)\\(\\s*\"([a-z.]*[a-z])\"");

  @Test
  void reasonsHasEachWord() throws IOException {
    Set<String> words = new TreeSet<>();
    List<Path> files = new ArrayList<>(javaFiles(SOURCES.resolve("schedule")));
    files.addAll(javaFiles(SOURCES.resolve("pool")));
    files.add(SOURCES.resolve("observe/Conditions.java"));
    files.add(SOURCES.resolve("observe/Verdict.java"));
    files.add(SOURCES.resolve("time/InvalidScheduleException.java"));
    for (Path file : files) {
      WORD.matcher(Files.readString(file)).results().forEach(m -> words.add(m.group(1)));
    }
    words.removeAll(OTHER);

    String page = Files.readString(PAGES.resolve("reasons.md"));

    assertThat(words).contains("PreviousRunActive", "RunStarted", "NeverFires", "Succeeded");
    assertThat(CODE.matcher(page).results().map(m -> m.group(1)).toList()).containsAll(words);
    assertThat(words).containsAll(firstCells(page));
  }

  @Test
  void metricsHasEachMeter() throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path file : javaFiles(SOURCES)) {
      Matcher meter = METER.matcher(Files.readString(file));
      while (meter.find()) {
        names.add(prometheusName(meter.group(1), meter.group(2)));
      }
    }

    assertThat(names).contains("scanwarden_runs_total", "scanwarden_leader");
    assertThat(firstCells(Files.readString(PAGES.resolve("metrics.md"))))
        .containsExactlyInAnyOrderElementsOf(names);
  }

  private static String prometheusName(String kind, String name) {
    String full = name.startsWith("scanwarden.") ? name : "scanwarden." + name;
    String suffix = kind.startsWith("Timer") ? "_seconds" : isCounter(kind) ? "_total" : "";
    return full.replace('.', '_') + suffix;
  }

  private static boolean isCounter(String kind) {
    return kind.startsWith("Counter") || kind.equals("count");
  }

  @Test
  void configurationHasEachOption() throws IOException {
    assertThat(
            Files.readAllLines(PAGES.resolve("configuration.md")).stream()
                .filter(line -> line.startsWith("| `--")))
        .containsExactlyElementsOf(options().stream().map(ReferencePagesTest::row).toList());
  }

  @Test
  void admissionPoliciesHasEachPolicy() throws IOException {
    String manifest = Files.readString(Path.of("manifests/admission-policies.yaml"));

    assertThat(firstCells(Files.readString(PAGES.resolve("admission-policies.md"))))
        .filteredOn(cell -> cell.startsWith("scanwarden-"))
        .containsExactlyElementsOf(
            POLICY.matcher(manifest).results().map(m -> m.group(1)).toList());
  }

  @Test
  void auditHasEachAction() throws IOException {
    String page = Files.readString(PAGES.resolve("audit.md"));
    String actions = page.substring(page.indexOf("## Actions"), page.indexOf("## Hashes"));

    assertThat(
            CODE.matcher(actions)
                .results()
                .map(m -> m.group(1))
                .filter(word -> !word.equals("Replaced") && !word.matches("[a-z]+")))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(AuditAction.values()).map(AuditAction::toString).toList());
  }

  private static List<OptionSpec> options() {
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    CommandLine run =
        Objects.requireNonNull(
            ScanwardenCommand.commandLine(Map.of(), nowhere, nowhere).getSubcommands().get("run"));
    return run.getCommandSpec().options().stream()
        .filter(option -> !option.hidden() && EnvironmentDefaults.variable(option).isPresent())
        .toList();
  }

  private static String row(OptionSpec option) {
    return "| `%s=%s` | `%s` | %s | %s |"
        .formatted(
            option.longestName(),
            option.paramLabel(),
            EnvironmentDefaults.variable(option).orElseThrow(),
            OptionHelp.defaultOf(option).map(value -> "`" + value + "`").orElse(""),
            String.join(" ", option.description()));
  }

  /** What stands in the first cells of the page's tables as code. */
  private static List<String> firstCells(String page) {
    return page.lines()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.substring(3, line.indexOf('`', 3)))
        .toList();
  }

  private static List<Path> javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }
}
