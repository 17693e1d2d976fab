package io.scanwarden.operator;

import io.scanwarden.operator.time.Coming;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.NextTimes;
import io.scanwarden.operator.time.Timeline;
import io.scanwarden.operator.time.WorkClock;
import io.scanwarden.operator.time.Zones;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code scanwarden next}: what a schedule is going to do, without any cluster. */
@Command(
    name = "next",
    description = {
      "Prints the coming instants of a ScanSchedule or of a cron expression, without any cluster.",
      "",
      "  scanwarden next examples/nightly.yaml",
      "  kubectl get scansched -A -o yaml | scanwarden next -",
      "  scanwarden next '30 2 * * *' --time-zone Europe/Berlin"
    },
    mixinStandardHelpOptions = true,
    versionProvider = ScanwardenCommand.Version.class,
    sortOptions = false,
    abbreviateSynopsis = true)
final class NextCommand implements Callable<Integer> {
  private static final int MOST = 10_000;

  @Parameters(
      paramLabel = "FILE|EXPRESSION",
      description = "A manifest, - for standard input, or a cron expression as one argument.")
  private String what = "";

  @Option(
      names = "--count",
      paramLabel = "NUMBER",
      description = "How many instants. 5, when not set.")
  private int count = 5;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "After which time, such as 2026-10-25T00:00:00Z. Now, when not set.")
  private @Nullable String from;

  @Option(
      names = "--time-zone",
      paramLabel = "ZONE",
      description = "Time zone of an expression. UTC, when not set.")
  private @Nullable String timeZone;

  @Option(
      names = "--identity",
      paramLabel = "NAMESPACE/NAME",
      description = "Of which schedule an expression is: decides what H stands for.")
  private @Nullable String identity;

  @Spec private CommandSpec spec = CommandSpec.create();
  private final InputStream in;

  NextCommand(InputStream in) {
    this.in = in;
  }

  @Override
  public Integer call() {
    require(count > 0 && count <= MOST, "--count must be between 1 and " + MOST + ", not " + count);
    Instant after = after();
    String manifest = manifest();
    if (manifest == null) {
      print(expression(), after);
      return 0;
    }
    require(timeZone == null, "--time-zone is for an expression; a ScanSchedule has its own");
    require(identity == null, "--identity is for an expression; a ScanSchedule has its own");
    schedules(manifest, after);
    return 0;
  }

  private void schedules(String manifest, Instant after) {
    List<ScheduleFile.Named> schedules;
    try {
      schedules = ScheduleFile.read(manifest);
    } catch (IllegalArgumentException e) {
      throw wrong(what + ": " + e.getMessage());
    }
    String separator = "";
    for (ScheduleFile.Named schedule : schedules) {
      out().print(separator);
      out().println(schedule.identity() + (schedule.suspended() ? " (suspended)" : ""));
      print(schedule.timeline(), after);
      separator = System.lineSeparator();
    }
  }

  private void print(Timeline timeline, Instant after) {
    List<Coming> coming = NextTimes.coming(timeline, after, count);
    if (coming.isEmpty()) {
      out().println("Nothing is due after " + after + ".");
    } else {
      NextTable.print(coming, out());
    }
  }

  private Timeline expression() {
    try {
      return Timeline.builder(identity == null ? "default/example" : identity)
          .cron("EXPRESSION", what, Zones.parse("--time-zone", timeZone == null ? "UTC" : timeZone))
          .build();
    } catch (InvalidScheduleException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
  }

  private Instant after() {
    if (from == null) {
      return WorkClock.system().instant();
    }
    try {
      return OffsetDateTime.parse(from).toInstant();
    } catch (DateTimeException e) {
      throw wrong("--from: '" + from + "' is not an RFC 3339 time such as 2026-10-25T00:00:00Z");
    }
  }

  /** The manifest that the argument names; null when it is an expression. */
  private @Nullable String manifest() {
    try {
      if (what.equals("-")) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
      Path file = Path.of(what);
      return Files.exists(file) || what.matches(".*\\.(ya?ml|json)")
          ? Files.readString(file)
          : null;
    } catch (InvalidPathException e) {
      return null;
    } catch (IOException e) {
      throw wrong("cannot read " + what);
    }
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private void require(boolean met, String message) {
    if (!met) {
      throw wrong(message);
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
