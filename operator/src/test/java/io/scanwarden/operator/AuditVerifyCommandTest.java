package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.audit.AuditAction;
import io.scanwarden.operator.observe.audit.AuditEntry;
import io.scanwarden.operator.observe.audit.AuditOptions;
import io.scanwarden.operator.observe.audit.AuditWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class AuditVerifyCommandTest {
  private static final Instant TIME = Instant.parse("2026-11-23T03:00:00Z");

  @TempDir Path folder;
  private Path file;
  private int code;
  private String out;
  private String err;

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("audit.log");
    try (AuditWriter writer =
        AuditWriter.start(
            new AuditOptions(Optional.of(file), 1 << 20, 2),
            "here",
            () -> TIME,
            new Metrics(new SimpleMeterRegistry()))) {
      for (int i = 0; i < 30; i++) {
        writer.record(AuditEntry.of(AuditAction.SCHEDULE_CREATED, "ns", "ScanSchedule", "s" + i));
      }
    }
  }

  @Test
  void aCleanLogIs0() throws IOException {
    verify(file.toString(), "--head", hashOfLine(30));

    assertThat(out)
        .isEqualToIgnoringNewLines("OK: 30 lines in 1 files, seq 1 to 30, head " + hashOfLine(30));
    assertThat(err).isEmpty();
    assertThat(code).isZero();
  }

  @Test
  void aBrokenOneIs1() throws IOException {
    String text = Files.readString(file);
    Files.writeString(file, text.replace("/s3\"", "/s4\""));

    verify(file.toString());

    assertThat(out.lines().toList())
        .hasSize(2)
        .first()
        .asString()
        .startsWith(file + ":4: the line was changed: its hash should be ")
        .endsWith(", and is " + hashOfLine(4));
    assertThat(out).contains("BROKEN: 30 lines in 1 files");
    assertThat(code).isEqualTo(1);
  }

  @Test
  void manyFindingsAreCounted() throws IOException {
    Files.writeString(file, Files.readString(file).replace("ScanSchedule", "scanSchedule"));

    verify(file.toString());

    assertThat(out.lines()).hasSize(22);
    assertThat(out).contains("and 10 more like these");
  }

  @Test
  void whatCannotBeReadIs2() {
    verify(folder.resolve("none").toString());
    assertThat(err)
        .isEqualToIgnoringNewLines(
            "scanwarden audit verify: there is no file "
                + folder.resolve("none")
                + ". Try 'scanwarden audit verify --help'.");
    assertThat(code).isEqualTo(2);

    verify(folder.toString());
    assertThat(err).startsWith("scanwarden audit verify: cannot read " + folder);
    assertThat(code).isEqualTo(2);
  }

  @Test
  void aWrongCallIs2() {
    verify(file.toString(), "--head", "latest");
    assertThat(err).contains("--head: 'latest' is not a hash: 64 digits of 0-9 and a-f");
    assertThat(code).isEqualTo(2);

    verify();
    assertThat(err).contains("Missing required parameter: 'FILE'");
    assertThat(code).isEqualTo(2);
  }

  private String hashOfLine(int line) throws IOException {
    String text = Files.readAllLines(file).get(line - 1);
    return text.substring(text.length() - 66, text.length() - 2);
  }

  private void verify(String... arguments) {
    StringWriter toOut = new StringWriter();
    StringWriter toErr = new StringWriter();
    code =
        ScanwardenCommand.commandLine(
                Map.of(), new PrintWriter(toOut, true), new PrintWriter(toErr, true))
            .execute(
                Stream.concat(Stream.of("audit", "verify"), Stream.of(arguments))
                    .toArray(String[]::new));
    out = toOut.toString();
    err = toErr.toString();
  }
}
