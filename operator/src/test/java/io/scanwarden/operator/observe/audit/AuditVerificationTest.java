package io.scanwarden.operator.observe.audit;

import static io.scanwarden.operator.observe.audit.AuditLogs.head;
import static io.scanwarden.operator.observe.audit.AuditLogs.lines;
import static io.scanwarden.operator.observe.audit.AuditLogs.rewrite;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class AuditVerificationTest {
  private static final Optional<String> NO_HEAD = Optional.empty();

  @TempDir Path folder;

  @Test
  void whatNobodyChangedPasses() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);

    for (int known : new int[] {0, 4, 9}) {
      assertThat(AuditVerification.verify(file, Optional.of(head(lines.get(known)).hash())))
          .isEqualTo(
              new AuditVerification.Result(List.of(), List.of(), 1, 10, 1, head(lines.getLast())));
    }
  }

  @Test
  void soDoesARotatedLogAndEachOfItsFiles() throws IOException {
    Path file = AuditLogs.ofFourFiles(folder);

    AuditVerification.Result whole = verify(file);
    assertThat(whole.findings()).isEmpty();
    assertThat(whole.notes()).isEmpty();
    assertThat(whole.files()).isEqualTo(4);
    assertThat(whole.lines()).isEqualTo(12);
    AuditVerification.Result part = verify(folder.resolve("audit.log.2"));
    assertThat(part.findings()).isEmpty();
    assertThat(part.first()).isEqualTo(4);
    assertThat(part.head().seq()).isEqualTo(6);
  }

  @Test
  void aChangedLine() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    String changed = lines.get(3).replace("nightly-4", "nightly-5");
    lines.set(3, changed);
    rewrite(file, lines);

    assertThat(findings(file))
        .containsExactly(
            "%s:4: the line was changed: its hash should be %s, and is %s"
                .formatted(file, actualHash(changed), head(changed).hash()));
  }

  /** Who changes a line and its hash has to change all lines after it too, and the head. */
  @Test
  void aChangedLineWithAHashThatFits() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    String head = head(lines.get(3)).hash();
    String changed = lines.get(3).replace("nightly-4", "nightly-5");
    String forged = changed.replace(head, actualHash(changed));
    lines.set(3, forged);
    rewrite(file, lines);

    assertThat(findings(file))
        .containsExactly(
            "%s:5: does not follow %s:4: previous should be %s, and is %s"
                .formatted(file, file, head(forged).hash(), head));
  }

  @Test
  void aRemovedLine() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    lines.remove(6);
    rewrite(file, lines);

    assertThat(findings(file))
        .containsExactly(
            file + ":7: lines are missing: expected seq 7 after " + file + ":6, found 8");
  }

  @Test
  void reorderedLines() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    Collections.swap(lines, 4, 5);
    rewrite(file, lines);

    assertThat(findings(file))
        .containsExactly(
            file + ":5: lines are missing: expected seq 5 after " + file + ":4, found 6",
            file + ":6: not in its place: expected seq 7 after " + file + ":5, found 5",
            file + ":7: lines are missing: expected seq 6 after " + file + ":6, found 7");
  }

  @Test
  void aRepeatedLine() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    lines.add(lines.getLast());
    rewrite(file, lines);

    assertThat(findings(file))
        .containsExactly(
            file + ":11: not in its place: expected seq 11 after " + file + ":10, found 10");
  }

  @Test
  void aCutTailIsFoundByTheHeadAlone() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    String head = head(lines.getLast()).hash();
    rewrite(file, lines.subList(0, 8));

    assertThat(findings(file)).isEmpty();
    assertThat(AuditVerification.verify(file, Optional.of(head)).findings())
        .extracting(AuditVerification.Finding::toString)
        .containsExactly(
            "%s:8: the log was cut: expected a line with hash %s, found none up to the last, seq 8 with hash %s"
                .formatted(file, head, head(lines.get(7)).hash()));
  }

  @Test
  void aCutTailAndAnotherOneInstead() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    String head = head(lines.getLast()).hash();
    rewrite(file, lines.subList(0, 8));
    AuditLogs.write(file, AuditLogs.LARGE, 2, 20, 25);

    assertThat(findings(file)).isEmpty();
    assertThat(AuditVerification.verify(file, Optional.of(head)).findings()).hasSize(1);
  }

  @Test
  void anEmptiedLog() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    String head = head(lines(file).getLast()).hash();
    Files.writeString(file, "");

    assertThat(AuditVerification.verify(file, Optional.of(head)).findings())
        .extracting(AuditVerification.Finding::place)
        .containsExactly("the log");
  }

  @Test
  void aMissingFileInTheMiddle() throws IOException {
    Path file = AuditLogs.ofFourFiles(folder);
    Files.delete(folder.resolve("audit.log.2"));

    assertThat(findings(file))
        .containsExactly(
            "%s.1:1: lines are missing: expected seq 4 after %s.3:3, found 7"
                .formatted(file, file));
  }

  @Test
  void swappedFiles() throws IOException {
    Path file = AuditLogs.ofFourFiles(folder);
    Path aside = folder.resolve("aside");
    Files.move(folder.resolve("audit.log.1"), aside);
    Files.move(folder.resolve("audit.log.2"), folder.resolve("audit.log.1"));
    Files.move(aside, folder.resolve("audit.log.2"));

    assertThat(findings(file)).hasSize(3);
  }

  @Test
  void aCutFileInTheMiddle() throws IOException {
    Path file = AuditLogs.ofFourFiles(folder);
    Path part = folder.resolve("audit.log.2");
    String text = Files.readString(part);
    Files.writeString(part, text.substring(0, text.length() - 20));

    assertThat(findings(file))
        .containsExactly(
            part + ":3: the last line is unfinished, and another file follows",
            "%s.1:1: lines are missing: expected seq 6 after %s:2, found 7".formatted(file, part));
  }

  @Test
  void linesThatAreNone() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    List<String> lines = lines(file);
    lines.add(2, "");
    lines.set(5, lines.get(5) + "\r");
    rewrite(file, lines);

    assertThat(findings(file))
        .containsExactly(
            file + ":3: expected a line of an audit log, found none",
            file + ":6: expected a line of an audit log, found none",
            file + ":7: lines are missing: expected seq 5 after " + file + ":5, found 6");
  }

  /** That a line was unfinished is told by the next one, which nobody can forge unseen. */
  @Test
  void aChangeIsNotTakenForACrash() throws IOException {
    Path file = AuditLogs.ofTenLines(folder);
    Files.writeString(file, Files.readString(file) + "{\"time\":\"2026");
    AuditLogs.write(file, AuditLogs.LARGE, 2, 11, 11);
    List<String> lines = lines(file);
    assertThat(findings(file)).isEmpty();

    lines.set(10, "{\"time\":\"2027");
    rewrite(file, lines);
    assertThat(findings(file))
        .singleElement()
        .asString()
        .startsWith(file + ":11: the unfinished line was changed: its SHA-256 should be ");

    lines.remove(10);
    rewrite(file, lines);
    assertThat(findings(file))
        .containsExactly(file + ":11: expected an unfinished line before it, found none");
  }

  @Test
  void aFirstLineThatIsNotTheFirst() throws IOException {
    Path file = folder.resolve("audit.log");
    AuditLine second =
        AuditLine.after(
            new AuditHead(0, "1".repeat(64)), AuditLogs.TIME, "here", AuditLogs.started(1));
    rewrite(file, List.of(new String(second.bytes(), StandardCharsets.UTF_8)));

    assertThat(findings(file))
        .containsExactly(file + ":1: it is the first line, and says that there is one before it");
  }

  @Test
  void noLogAtAll() {
    assertThatThrownBy(() -> verify(folder.resolve("audit.log")))
        .isInstanceOf(NoSuchFileException.class);
  }

  private static String actualHash(String line) {
    return AuditLine.read(line.getBytes(StandardCharsets.UTF_8)).orElseThrow().actualHash();
  }

  private static AuditVerification.Result verify(Path file) throws IOException {
    return AuditVerification.verify(file, NO_HEAD);
  }

  private static List<String> findings(Path file) throws IOException {
    return verify(file).findings().stream().map(AuditVerification.Finding::toString).toList();
  }
}
