package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NextCommandTest {
  private record Outcome(int code, String out, String err) {}

  private final Path folder;

  NextCommandTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void anExpressionWithWhatItsZoneDoesToIt() {
    assertThat(
            call(
                "30 2 * * *",
                "--time-zone=Europe/Berlin",
                "--from=2026-03-28T00:00:00Z",
                "--count=2"))
        .isEqualTo(
            new Outcome(
                0,
                """
                INSTANT                LOCAL                                          NOTES
                2026-03-28T01:30:00Z   Sat 2026-03-28 02:30:00 +01:00 Europe/Berlin
                2026-03-29T01:00:00Z   Sun 2026-03-29 03:00:00 +02:00 Europe/Berlin   DST: 02:30 does not exist in Europe/Berlin on 2026-03-29, shifted to 03:00
                """,
                ""));
  }

  @Test
  void aManifestWithSeveralSchedules() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("two.yaml"),
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: team-a}
            ---
            apiVersion: scanwarden.io/v1alpha1
            kind: ScanSchedule
            metadata: {name: image-audit, namespace: team-a}
            spec:
              schedule: "0 3 * * 1-5"
              jitter: 10m
              exclusions: [{from: "2026-12-24T00:00:00Z", to: "2026-12-25T00:00:00Z"}]
              jobTemplate: {}
            ---
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: old}
            spec: {schedule: "@hourly", suspend: true, jobTemplate: {}}
            """);

    assertThat(call(file.toString(), "--from=2026-12-23T00:00:00Z", "--count=2"))
        .isEqualTo(
            new Outcome(
                0,
                """
                team-a/image-audit
                INSTANT                LOCAL                                START                      NOTES
                2026-12-23T03:00:00Z   Wed 2026-12-23 03:00:00 +00:00 UTC   2026-12-23T03:00:40.783Z
                2026-12-24T03:00:00Z   Thu 2026-12-24 03:00:00 +00:00 UTC   -                          excluded by exclusions[0]

                default/old (suspended)
                INSTANT                LOCAL
                2026-12-23T01:00:00Z   Wed 2026-12-23 01:00:00 +00:00 UTC
                2026-12-23T02:00:00Z   Wed 2026-12-23 02:00:00 +00:00 UTC
                """,
                ""));
  }

  @Test
  void oneThatIsOver() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("over.yaml"),
            """
            apiVersion: scanwarden.io/v1alpha1
            kind: ScanSchedule
            metadata: {name: once, namespace: a}
            spec: {triggers: [{at: "2026-01-01T00:00:00Z"}]}
            """);

    assertThat(call(file.toString(), "--from", "2026-02-01T00:00:00+01:00").out())
        .isEqualToNormalizingNewlines("a/once\nNothing is due after 2026-01-31T23:00:00Z.\n");
  }

  @Test
  void theIdentityDecidesWhatHStandsFor() {
    String one =
        call("H H * * *", "--identity=a/one", "--from=2026-01-01T00:00:00Z", "--count=1").out();

    assertThat(
            call("H H * * *", "--identity=a/one", "--from=2026-01-01T00:00:00Z", "--count=1").out())
        .isEqualTo(one);
    assertThat(
            call("H H * * *", "--identity=a/two", "--from=2026-01-01T00:00:00Z", "--count=1").out())
        .isNotEqualTo(one);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          * * * * * ; --count=0 | --count must be between 1 and 10000, not 0.
          * * * * * ; --from=soon | --from: 'soon' is not an RFC 3339 time such as 2026-10-25T00:00:00Z.
          missing.yaml | cannot read missing.yaml.
          """)
  void aWrongCallIsOneLineAndExitCode2(String arguments, String message) {
    Outcome outcome = call(arguments.split("\\s*;\\s*", -1));

    assertThat(outcome.err())
        .isEqualToNormalizingNewlines(
            "scanwarden next: " + message + " Try 'scanwarden next --help'.\n");
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void anInvalidScheduleIsOneLine() throws IOException {
    assertThat(call("61 * * * *").err().lines())
        .singleElement()
        .asString()
        .startsWith("scanwarden next: EXPRESSION: \"61 * * * *\" ");
    assertThat(call("* * * * *", "--time-zone=Mars/Base").err().lines())
        .singleElement()
        .asString()
        .startsWith("scanwarden next: --time-zone: \"Mars/Base\" ");
    for (String bad :
        new String[] {
          "{[",
          "kind: Job",
          "",
          "kind: ScanSchedule\nspec: {schedule: \"61 * * * *\"}",
          "kind: ScanSchedule\nspec: {schedule: [1]}"
        }) {
      Path file = Files.writeString(folder.resolve("bad.yaml"), bad);
      Outcome outcome = call(file.toString());
      assertThat(outcome.err().lines())
          .as(bad)
          .singleElement()
          .asString()
          .startsWith("scanwarden next: " + file + ": ");
      assertThat(outcome.code()).isEqualTo(2);
    }
  }

  private static Outcome call(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] all = new String[arguments.length + 1];
    all[0] = "next";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    int code =
        ScanwardenCommand.commandLine(
                Map.of(), new PrintWriter(out, true), new PrintWriter(err, true))
            .execute(all);
    return new Outcome(code, out.toString(), err.toString());
  }
}
