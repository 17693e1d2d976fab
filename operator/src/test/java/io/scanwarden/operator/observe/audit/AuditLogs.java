package io.scanwarden.operator.observe.audit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Audit logs for tests. */
final class AuditLogs {
  static final Instant TIME = Instant.parse("2026-11-23T03:00:00.250Z");

  /** So large that it is not rotated. */
  static final long LARGE = 1 << 20;

  private AuditLogs() {}

  static AuditEntry started(int run) {
    return AuditEntry.of(AuditAction.RUN_STARTED, "team-a", "ScanSchedule", "nightly")
        .ofRunAt(TIME.plusSeconds(run))
        .withJob("nightly-" + run)
        .by(AuditEntry.OPERATOR);
  }

  /** As a process does that records the start of these runs and ends. */
  static void write(Path file, long maxBytes, int maxFiles, int first, int last)
      throws IOException {
    try (AuditWriter writer =
        AuditWriter.start(
            new AuditOptions(Optional.of(file), maxBytes, maxFiles),
            "here",
            () -> TIME,
            new Metrics(new SimpleMeterRegistry()))) {
      for (int run = first; run <= last; run++) {
        writer.record(started(run));
      }
    }
  }

  /** Ten lines in one file. */
  static Path ofTenLines(Path folder) throws IOException {
    Path file = folder.resolve("audit.log");
    write(file, LARGE, 2, 1, 10);
    return file;
  }

  /** Twelve lines, three to a file. */
  static Path ofFourFiles(Path folder) throws IOException {
    Path file = folder.resolve("audit.log");
    write(file, 3 * lineBytes(folder) + 10, 10, 1, 12);
    return file;
  }

  /** How long the longest of these lines is, with its newline. */
  private static long lineBytes(Path folder) throws IOException {
    Path probe = folder.resolve("probe");
    write(probe, LARGE, 2, 1, 10);
    long longest = lines(probe).getLast().length() + 1L;
    Files.delete(probe);
    return longest;
  }

  static List<String> lines(Path file) throws IOException {
    return new ArrayList<>(Files.readAllLines(file));
  }

  static void rewrite(Path file, List<String> lines) throws IOException {
    Files.writeString(file, String.join("\n", lines) + "\n");
  }

  static AuditHead head(String line) {
    return AuditLine.read(line.getBytes(StandardCharsets.UTF_8)).orElseThrow().head();
  }
}
