package io.scanwarden.operator.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code dev/bench} runs; its help is there. */
@Command(
    name = "bench",
    subcommands = {
      Bench.FireCommand.class,
      Bench.QueueCommand.class,
      Bench.IsolationCommand.class,
      Bench.RestCommand.class,
      Bench.PoliciesCommand.class
    })
public final class Bench {
  private static final Pattern SPACE = Pattern.compile(" +");

  private Bench() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Bench()).execute(arguments));
  }

  /** Prints what the benchmark is doing. */
  static void say(String line) {
    System.out.println(line);
  }

  static final class Common {
    @Option(names = "--json")
    @Nullable Path json;

    @Option(names = "--operator-jvm")
    String operatorJvm = "-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1";

    List<String> jvmFlags() {
      return List.of(SPACE.split(operatorJvm.strip()));
    }
  }

  @Command(name = "fire")
  static final class FireCommand implements Callable<Integer> {
    @Mixin private final Common common = new Common();

    @Option(names = "--schedules")
    private int schedules = 2000;

    @Option(names = "--lead")
    private int lead;

    @Option(names = "--skip-native")
    private boolean skipNative;

    @Option(names = "--skip-raw")
    private boolean skipRaw;

    @Override
    public Integer call() throws Exception {
      Figures figures = new Figures();
      try (Cluster cluster = Cluster.open()) {
        long seconds = lead == 0 ? 20 + schedules / 40 : lead;
        new Fire(cluster, schedules, Duration.ofSeconds(seconds), common.jvmFlags(), figures)
            .run(!skipRaw, !skipNative);
      } finally {
        // What was measured before a failure took its time too.
        figures.write(common.json == null ? Path.of("target", "bench-fire.json") : common.json);
      }
      return 0;
    }
  }

  @Command(name = "queue")
  static final class QueueCommand implements Callable<Integer> {
    @Mixin private final Common common = new Common();

    @Option(names = "--waiting")
    private int waiting = 5000;

    @Option(names = "--slots")
    private int slots = 200;

    @Option(names = "--runs-per-schedule")
    private int runsPerSchedule = 1;

    @Option(names = "--samples")
    private int samples = 15;

    @Option(names = "--skip-scheduled")
    private boolean skipScheduled;

    @Option(names = "--skip-ad-hoc")
    private boolean skipAdHoc;

    @Option(names = "--skip-raw")
    private boolean skipRaw;

    @Override
    public Integer call() throws Exception {
      if (runsPerSchedule < 1 || runsPerSchedule > 100 || waiting % runsPerSchedule != 0) {
        throw new IllegalArgumentException(
            "--runs-per-schedule=%d: from 1 to 100, and a divisor of --waiting, %d"
                .formatted(runsPerSchedule, waiting));
      }
      Figures figures = new Figures();
      try (Cluster cluster = Cluster.open()) {
        Queue.Size size = new Queue.Size(waiting, slots, runsPerSchedule, samples);
        new Queue(cluster, size, common.jvmFlags(), figures)
            .run(!skipRaw, !skipScheduled, !skipAdHoc);
      } finally {
        figures.write(common.json == null ? Path.of("target", "bench-queue.json") : common.json);
      }
      return 0;
    }
  }

  @Command(name = "isolation")
  static final class IsolationCommand implements Callable<Integer> {
    @Mixin private final Common common = new Common();

    @Option(names = "--schedules")
    private int schedules = 60;

    @Option(names = "--waiting")
    private int waiting = 3000;

    @Option(names = "--rounds")
    private int rounds = 3;

    @Option(names = "--seconds")
    private int seconds = 120;

    @Override
    public Integer call() throws Exception {
      Figures figures = new Figures();
      try (Cluster cluster = Cluster.open()) {
        Isolation.Size size =
            new Isolation.Size(schedules, waiting, rounds, Duration.ofSeconds(seconds));
        new Isolation(cluster, size, common.jvmFlags(), figures).run();
      } finally {
        figures.write(
            common.json == null ? Path.of("target", "bench-isolation.json") : common.json);
      }
      return 0;
    }
  }

  @Command(name = "rest")
  static final class RestCommand implements Callable<Integer> {
    @Mixin private final Common common = new Common();

    @Option(names = "--schedules")
    private int schedules;

    @Option(names = "--in-memory")
    private boolean inMemory;

    @Option(names = "--seconds")
    private int seconds = 120;

    @Override
    public Integer call() throws Exception {
      Figures figures = new Figures();
      Duration watched = Duration.ofSeconds(seconds);
      if (inMemory) {
        int count = schedules == 0 ? 100_000 : schedules;
        try (StandInApi api = new StandInApi(count)) {
          Rest.inMemory(api, count, common.jvmFlags(), watched, figures);
        }
      } else {
        try (Cluster cluster = Cluster.open()) {
          new Rest(cluster, schedules == 0 ? 1000 : schedules, common.jvmFlags(), figures)
              .run(watched);
        }
      }
      figures.write(common.json == null ? Path.of("target", "bench-rest.json") : common.json);
      return 0;
    }
  }

  @Command(name = "policies")
  static final class PoliciesCommand implements Callable<Integer> {
    @Mixin private final Common common = new Common();

    @Option(names = "--jobs")
    private int jobs = 500;

    @Override
    public Integer call() throws Exception {
      Figures figures = new Figures();
      try (Cluster cluster = Cluster.open()) {
        new Policies(cluster, jobs, figures).run();
      }
      figures.write(common.json == null ? Path.of("target", "bench-policies.json") : common.json);
      return 0;
    }
  }
}
