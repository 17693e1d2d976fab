package io.scanwarden.operator.observe.audit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a log from its oldest file to its newest and finds what does not follow from what was
 * before it. For one log, once.
 */
public final class AuditVerification {

  /**
   * What is wrong.
   *
   * @param place file and line
   * @param message what was expected and what was found
   */
  public record Finding(String place, String message) {
    @Override
    public String toString() {
      return place + ": " + message;
    }
  }

  /**
   * What came of it.
   *
   * @param findings what is wrong; none in a log that nobody has changed
   * @param notes what is worth knowing, and not wrong
   * @param files how many there are
   * @param lines how many are in them
   * @param first the number of the first line; 0 where there is none
   * @param head the last line
   */
  public record Result(
      List<Finding> findings,
      List<String> notes,
      int files,
      long lines,
      long first,
      AuditHead head) {
    public Result {
      findings = List.copyOf(findings);
      notes = List.copyOf(notes);
    }
  }

  private final Optional<String> expectedHead;
  private final List<Finding> findings = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final ByteArrayOutputStream unreadable = new ByteArrayOutputStream();
  private final List<String> unreadablePlaces = new ArrayList<>();
  private long lines;
  private long first;
  private AuditHead last = AuditHead.NONE;
  private String lastPlace = "";
  private boolean headFound;

  private AuditVerification(Optional<String> expectedHead) {
    this.expectedHead = expectedHead;
  }

  /**
   * Verifies a log: the file and, where there are any, those that it was rotated to.
   *
   * @param expectedHead the hash of a line that was seen in the log
   * @throws IOException when there is no such log, or it cannot be read
   */
  public static Result verify(Path file, Optional<String> expectedHead) throws IOException {
    List<Path> files = new AuditParts(file).files();
    if (files.isEmpty()) {
      throw new NoSuchFileException(file.toString());
    }
    AuditVerification verification = new AuditVerification(expectedHead);
    for (Path part : files) {
      verification.read(part, part.equals(file));
    }
    return verification.result(files.size());
  }

  private void read(Path file, boolean newest) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      long number = 1;
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (b != '\n') {
          if (line.size() <= AuditLine.MAX_BYTES) {
            line.write(b);
          }
          continue;
        }
        line(line.toByteArray(), file + ":" + number);
        line.reset();
        number++;
      }
      if (line.size() > 0) {
        unfinished(file + ":" + number, newest);
      }
    }
  }

  private void unfinished(String place, boolean newest) {
    String what = "the last line is unfinished";
    if (newest) {
      notes.add(place + ": " + what + ": it is being written, or a process ended meanwhile");
    } else {
      find(place, what + ", and another file follows");
    }
  }

  private void line(byte[] bytes, String place) {
    lines++;
    Optional<AuditLine> read = AuditLine.read(bytes);
    if (read.isEmpty()) {
      if (!unreadablePlaces.isEmpty()) {
        unreadable.write('\n');
      }
      if (unreadable.size() <= AuditTail.MAX_BYTES) {
        unreadable.writeBytes(bytes);
      }
      unreadablePlaces.add(place);
      return;
    }
    AuditLine line = read.get();
    explainUnreadable(line.torn(), place);
    String actual = line.actualHash();
    if (!actual.equals(line.head().hash())) {
      find(
          place,
          "the line was changed: its hash should be %s, and is %s"
              .formatted(actual, line.head().hash()));
    }
    follow(line, place);
    headFound |= expectedHead.filter(line.head().hash()::equals).isPresent();
    last = line.head();
    lastPlace = place;
  }

  private void follow(AuditLine line, String place) {
    long seq = line.head().seq();
    if (lastPlace.isEmpty()) {
      first = seq;
      if (seq == 1 && !line.previous().equals(AuditHead.NONE.hash())) {
        find(place, "it is the first line, and says that there is one before it");
      } else if (seq != 1) {
        notes.add(
            "%s: begins with line %d; those before it are in files that are not here any more"
                .formatted(place, seq));
      }
      return;
    }
    long expected = last.seq() + 1;
    if (seq != expected) {
      find(
          place,
          "%s: expected seq %d after %s, found %d"
              .formatted(
                  seq > expected ? "lines are missing" : "not in its place",
                  expected,
                  lastPlace,
                  seq));
    } else if (!line.previous().equals(last.hash())) {
      find(
          place,
          "does not follow %s: previous should be %s, and is %s"
              .formatted(lastPlace, last.hash(), line.previous()));
    }
  }

  /**
   * Lines that cannot be read were left by a crash if the next one says so.
   *
   * @param torn what that says they are
   * @param next where it stands
   */
  private void explainUnreadable(Optional<String> torn, String next) {
    if (unreadablePlaces.isEmpty()) {
      if (torn.isPresent() && !lastPlace.isEmpty()) {
        find(next, "expected an unfinished line before it, found none");
      }
      return;
    }
    String found = AuditLine.sha256(unreadable.toByteArray());
    for (String place : unreadablePlaces) {
      if (torn.isEmpty()) {
        find(place, "expected a line of an audit log, found none");
      } else if (torn.get().equals(found)) {
        notes.add(place + ": unfinished when a process ended, as the line after it says");
      } else {
        find(
            place,
            "the unfinished line was changed: its SHA-256 should be %s, and is %s"
                .formatted(torn.get(), found));
      }
    }
    unreadablePlaces.clear();
    unreadable.reset();
  }

  private void find(String place, String message) {
    findings.add(new Finding(place, message));
  }

  private Result result(int files) {
    explainUnreadable(Optional.empty(), "");
    if (expectedHead.isPresent() && !headFound) {
      find(
          lastPlace.isEmpty() ? "the log" : lastPlace,
          "the log was cut: expected a line with hash %s, found none up to the last, seq %d with hash %s"
              .formatted(expectedHead.get(), last.seq(), last.hash()));
    }
    return new Result(findings, notes, files, lines, first, last);
  }
}
