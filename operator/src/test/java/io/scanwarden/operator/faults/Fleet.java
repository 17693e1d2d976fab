package io.scanwarden.operator.faults;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Schedules of all sorts that fire every second or two, and what is expected of each. */
final class Fleet {

  /** What becomes of the instants for which nobody was there. */
  enum Missed {
    /** All are run. */
    ALL,
    /** Those that are not older than the deadline are run. */
    WITHIN_DEADLINE,
    /** The latest is run. */
    LATEST
  }

  /** A past interval to be made up for; both its ends belong to it. */
  record Backfill(Instant from, Instant to) {
    /** The annotation's value. */
    String value() {
      return from + "/" + to;
    }
  }

  /**
   * A schedule.
   *
   * @param every how far apart its instants are; zero for one that has a list of them
   * @param alone whether no two of its runs may be unfinished at once
   * @param drops whether its policy drops instants, apart from missed ones
   * @param parts what the names of a run's Jobs have behind the instant
   * @param group the schedules that share it have no two runs unfinished at once
   * @param pooled whether its Jobs take the slots of {@link #POOL}
   * @param backfill what it is asked to make up for
   */
  record Member(
      String name,
      Duration every,
      List<Instant> ats,
      Missed missed,
      Duration deadline,
      boolean alone,
      boolean drops,
      List<String> parts,
      String group,
      boolean pooled,
      Optional<Backfill> backfill,
      String manifest) {

    /** Of the runs of a backfill, so many may be unfinished at once. */
    int backfillsAtOnce() {
      return alone ? 1 : 5;
    }

    /** The instants that it is asked to make up for. */
    List<Instant> past() {
      return backfill
          .map(interval -> instants(interval.from().minusNanos(1), interval.to()))
          .orElse(List.of());
    }

    /** Whether some targets of each run succeed and some do not. */
    boolean isPartial() {
      return parts.size() > 1;
    }

    /** Its instants after the first and up to the second of these moments. */
    List<Instant> instants(Instant after, Instant upTo) {
      if (every.isZero()) {
        return ats.stream().filter(at -> at.isAfter(after) && !at.isAfter(upTo)).toList();
      }
      List<Instant> instants = new ArrayList<>();
      for (Instant i = next(after); !i.isAfter(upTo); i = i.plus(every)) {
        instants.add(i);
      }
      return instants;
    }

    /** The next instants, at most so many. */
    List<Instant> next(Instant after, int count) {
      if (every.isZero()) {
        return ats.stream().filter(at -> at.isAfter(after)).limit(count).toList();
      }
      return Stream.iterate(next(after), i -> i.plus(every)).limit(count).toList();
    }

    private Instant next(Instant after) {
      long seconds = every.toSeconds();
      return Instant.ofEpochSecond(
          Math.floorDiv(after.getEpochSecond(), seconds) * seconds + seconds);
    }
  }

  private static final Duration LONG_DEADLINE = Duration.ofMinutes(10);
  private static final Duration SHORT_DEADLINE = Duration.ofSeconds(4);

  private Fleet() {}

  /** How many slots the pool of some members has. */
  static final int SLOTS = 2;

  static final String POOL =
      """
      apiVersion: scanwarden.io/v1alpha1
      kind: WorkerPool
      metadata: {name: two}
      spec: {maxConcurrent: %d}
      """
          .formatted(SLOTS);

  private static final String GROUP = "concurrencyGroup: shared";

  private static final String TARGETS =
      "targets: [{name: a}, {name: b, env: {EXIT_CODE: \"1\"}}, {name: c}]";

  /**
   * Twenty or so, by name. The one with a list of instants has them over about two minutes. Of the
   * intervals to make up for, the last reaches into the time of the fleet, the others end before.
   */
  static Map<String, Member> of(Instant now) {
    Instant second = now.truncatedTo(ChronoUnit.SECONDS);
    List<Instant> ats =
        IntStream.rangeClosed(1, 32).mapToObj(i -> second.plusSeconds(i * 4L + i % 3)).toList();
    return Stream.of(
            new Draft("allow", 1).history(3, 1).runFor("500ms"),
            new Draft("all", 2).all().history(2, 1).runFor("300ms"),
            new Draft("all-no-history", 2).all().history(0, 0).runFor("100ms"),
            new Draft("all-failing", 2).all().history(1, 0).runFor("200ms").exitCode(1),
            new Draft("all-jitter", 2).all().history(1, 1).runFor("200ms").with("jitter: 1s"),
            new Draft("deadline", 2).all(SHORT_DEADLINE).history(2, 1).runFor("200ms"),
            new Draft("forbid", 1).policy("Forbid").history(0, 0).runFor("2s"),
            new Draft("queue", 2).all().policy("Queue").with("maxQueued: 3").runFor("1500ms"),
            new Draft("replace", 2).policy("Replace").runFor("3s").terminateFor("500ms"),
            new Draft("at", ats).all().history(1, 1).runFor("200ms"),
            new Draft("targets", 4)
                .all()
                .history(1, 1)
                .with(TARGETS)
                .with("retry: {limit: 1, backoff: 1s}")
                .parts("-a", "-b", "r2-b", "-c")
                .runFor("200ms"),
            new Draft("targets-queue", 9)
                .all()
                .policy("Queue")
                .history(1, 0)
                .with(TARGETS)
                .with("stagger: {batchSize: 2, interval: 1s}")
                .parts("-a", "-b", "-c")
                .runFor("200ms"),
            new Draft("group-a", 4).policy("Queue").with(GROUP).group("shared").runFor("700ms"),
            new Draft("group-b", 3).policy("Forbid").with(GROUP).group("shared").runFor("700ms"),
            new Draft("pool-allow", 4).all().history(2, 1).pooled().runFor("1500ms"),
            new Draft("pool-queue", 6).all().policy("Queue").history(1, 1).pooled().runFor("1s"),
            new Draft("backfill-allow", 2)
                .all()
                .history(2, 1)
                .runFor("1s")
                .backfill(second.minusSeconds(210), second.minusSeconds(10)),
            new Draft("backfill-targets", 60) // rarely: its own runs go first
                .policy("Queue")
                .history(1, 0)
                .with(TARGETS)
                .with("retry: {limit: 1, backoff: 1s}")
                .parts("-a", "-b", "r2-b", "-c")
                .runFor("200ms")
                .backfill(second.minusSeconds(610), second.minusSeconds(10)),
            new Draft("backfill-own", 8)
                .policy("Forbid")
                .history(1, 1)
                .runFor("300ms")
                .backfill(second.minusSeconds(110), second.plusSeconds(24)))
        .map(Draft::member)
        .collect(Collectors.toMap(Member::name, m -> m, (a, b) -> a, TreeMap::new));
  }

  private static final class Draft {
    private final String name;
    private final long every;
    private final List<Instant> ats;
    private Missed missed = Missed.LATEST;
    private Duration deadline = Duration.ZERO;
    private String policy = "Allow";
    private List<String> parts = List.of("");
    private String group = "";
    private boolean pooled;
    private Optional<Backfill> backfill = Optional.empty();
    private final List<String> fields = new ArrayList<>();
    private final Map<String, String> pod = new TreeMap<>();

    Draft(String name, long every) {
      this.name = name;
      this.every = every;
      this.ats = List.of();
    }

    Draft(String name, List<Instant> ats) {
      this.name = name;
      this.every = 0;
      this.ats = ats;
    }

    Draft all() {
      all(LONG_DEADLINE);
      missed = Missed.ALL;
      return this;
    }

    Draft all(Duration startingDeadline) {
      missed = Missed.WITHIN_DEADLINE;
      deadline = startingDeadline;
      with("missedRunPolicy: All");
      return with("startingDeadlineSeconds: " + startingDeadline.toSeconds());
    }

    Draft history(int succeeded, int failed) {
      with("successfulJobsHistoryLimit: " + succeeded);
      return with("failedJobsHistoryLimit: " + failed);
    }

    Draft policy(String concurrencyPolicy) {
      policy = concurrencyPolicy;
      return this;
    }

    Draft with(String field) {
      fields.add(field);
      return this;
    }

    Draft parts(String... names) {
      parts = List.of(names);
      return this;
    }

    Draft group(String name) {
      group = name;
      return this;
    }

    Draft pooled() {
      pooled = true;
      return with("poolRef: {name: two}");
    }

    Draft backfill(Instant from, Instant to) {
      backfill = Optional.of(new Backfill(from, to));
      return this;
    }

    Draft runFor(String duration) {
      pod.put("run-for", duration);
      return this;
    }

    Draft exitCode(int code) {
      pod.put("exit-code", Integer.toString(code));
      return this;
    }

    Draft terminateFor(String duration) {
      pod.put("terminate-for", duration);
      return this;
    }

    Member member() {
      String triggers =
          every > 0
              ? "[{every: %ds}]".formatted(every)
              : ats.stream()
                  .map("{at: \"%s\"}"::formatted)
                  .collect(Collectors.joining(", ", "[", "]"));
      String annotations =
          pod.entrySet().stream()
              .map(e -> "dev.scanwarden.io/%s: \"%s\"".formatted(e.getKey(), e.getValue()))
              .collect(Collectors.joining(", ", "{", "}"));
      String manifest =
          """
          apiVersion: scanwarden.io/v1alpha1
          kind: ScanSchedule
          metadata: {name: %s}
          spec:
            triggers: %s
            concurrencyPolicy: %s
            %s
            jobTemplate:
              spec:
                backoffLimit: 0
                template:
                  metadata: {annotations: %s}
                  spec: {restartPolicy: Never, containers: [{name: scanner, image: scanner}]}
          """
              .formatted(name, triggers, policy, String.join("\n  ", fields), annotations);
      return new Member(
          name,
          Duration.ofSeconds(every),
          ats,
          missed,
          deadline,
          !"Allow".equals(policy),
          !"Allow".equals(policy),
          parts,
          group,
          pooled,
          backfill,
          manifest);
    }
  }
}
