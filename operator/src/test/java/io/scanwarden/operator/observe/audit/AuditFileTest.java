package io.scanwarden.operator.observe.audit;

import static io.scanwarden.operator.observe.audit.AuditLogs.LARGE;
import static io.scanwarden.operator.observe.audit.AuditLogs.head;
import static io.scanwarden.operator.observe.audit.AuditLogs.lines;
import static io.scanwarden.operator.observe.audit.AuditLogs.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class AuditFileTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("audit.log");
  }

  @Test
  void aRestartGoesOn() throws IOException {
    write(file, LARGE, 2, 1, 2);
    write(file, LARGE, 2, 3, 4);

    assertThat(lines(file)).extracting(line -> head(line).seq()).containsExactly(1L, 2L, 3L, 4L);
    assertIntact(4);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void theChainGoesOnOverRotationAndRestart() throws IOException {
    AuditLogs.ofFourFiles(folder);
    write(file, Files.size(file), 10, 13, 13);

    assertThat(new AuditParts(file).numbers()).containsExactly(4, 3, 2, 1);
    assertThat(lines(folder.resolve("audit.log.4"))).hasSize(3);
    assertThat(lines(file)).extracting(line -> head(line).seq()).containsExactly(13L);
    assertIntact(13);
  }

  @Test
  void noMoreFilesThanAllowedAreKept() throws IOException {
    write(file, 1, 10, 1, 5);
    assertThat(new AuditParts(file).numbers()).containsExactly(4, 3, 2, 1);

    write(file, 1, 3, 6, 7);

    assertThat(new AuditParts(file).numbers()).containsExactly(2, 1);
    AuditVerification.Result result = verify();
    assertThat(result.findings()).isEmpty();
    assertThat(result.first()).isEqualTo(5);
    assertThat(result.notes())
        .containsExactly(
            file
                + ".2:1: begins with line 5; those before it are in files that are not here any"
                + " more");
  }

  /** It has renamed the older files, or all of them, and has not begun another. */
  @Test
  void aRotationThatACrashInterruptedIsMadeUpFor() throws IOException {
    write(file, 1, 10, 1, 4);
    Files.move(folder.resolve("audit.log.3"), folder.resolve("audit.log.4"));
    Files.move(folder.resolve("audit.log.2"), folder.resolve("audit.log.3"));
    assertIntact(4);
    write(file, 1, 10, 5, 5);
    assertThat(new AuditParts(file).numbers()).containsExactly(4, 3, 2, 1);
    assertIntact(5);

    Files.move(folder.resolve("audit.log.4"), folder.resolve("audit.log.5"));
    for (int part = 3; part > 0; part--) {
      Files.move(folder.resolve("audit.log." + part), folder.resolve("audit.log." + (part + 1)));
    }
    Files.move(file, folder.resolve("audit.log.1"));
    assertIntact(5);
    write(file, 1, 10, 6, 6);
    assertThat(lines(file)).extracting(line -> head(line).seq()).containsExactly(6L);
    assertIntact(6);
  }

  @Test
  void anUnfinishedLineIsToldOfAndTheChainGoesOn() throws IOException {
    write(file, LARGE, 2, 1, 2);
    append("{\"time\":\"2026-11-23T03:0");
    assertThat(verify().findings()).isEmpty();
    assertThat(verify().notes())
        .containsExactly(
            file
                + ":3: the last line is unfinished: it is being written, or a process ended"
                + " meanwhile");

    write(file, LARGE, 2, 3, 3);

    List<String> lines = lines(file);
    assertThat(lines).hasSize(5);
    assertThat(lines.get(3)).contains("\"seq\":3,\"action\":\"AuditTorn\"");
    assertThat(lines.get(4)).contains("\"seq\":4,\"action\":\"RunStarted\"");
    assertIntact(4);
    assertThat(verify().notes())
        .containsExactly(file + ":3: unfinished when a process ended, as the line after it says");
  }

  /** Also at the line that tells of the first. */
  @Test
  void oneCrashAfterAnother() throws IOException {
    append("{\"ti");
    assertThat(verify().findings()).isEmpty();
    write(file, LARGE, 2, 1, 1);
    append("{\"time\":\"\0\0\0\n");
    append("{\"time\":\"2026");

    write(file, LARGE, 2, 2, 2);

    assertIntact(4);
    assertThat(verify().notes()).hasSize(3);
  }

  @Test
  void anUnfinishedLineIsRotatedAwayFromTheLineThatTellsOfIt() throws IOException {
    write(file, 1, 3, 1, 1);
    append("{\"time\":");

    write(file, 1, 3, 2, 2);

    assertThat(lines(folder.resolve("audit.log.2"))).hasSize(2);
    assertIntact(3);
    Files.delete(folder.resolve("audit.log.2"));
    assertThat(verify().findings()).isEmpty();
  }

  @Test
  void anotherFileIsLeftAlone() throws IOException {
    Files.writeString(file, "127.0.0.1 localhost\n");

    assertThatThrownBy(() -> write(file, LARGE, 2, 1, 1))
        .isInstanceOf(IOException.class)
        .hasMessage(file + " does not end like an audit log");
    assertThat(file).hasContent("127.0.0.1 localhost");
  }

  @Test
  void twoDoNotWriteTheSameFile() throws IOException {
    try (AuditFile first = new AuditFile(file, LARGE, 2);
        AuditFile second = new AuditFile(file, LARGE, 2)) {
      first.open();

      assertThatThrownBy(second::open)
          .isInstanceOf(IOException.class)
          .hasMessage(file + " is written by this process already");
    }
  }

  private void append(String text) throws IOException {
    Files.write(
        file,
        text.getBytes(StandardCharsets.UTF_8),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  private AuditVerification.Result verify() throws IOException {
    return AuditVerification.verify(file, Optional.empty());
  }

  private void assertIntact(long last) throws IOException {
    AuditVerification.Result result = verify();
    assertThat(result.findings()).isEmpty();
    assertThat(result.head().seq()).isEqualTo(last);
  }
}
