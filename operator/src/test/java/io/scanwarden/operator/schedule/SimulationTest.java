package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.Backfill;
import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.Counts;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.schedule.SimulatedCluster.Fault;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.Occurrence;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.NullUnmarked;

/**
 * Random lives of a schedule, with every kind of fault. Whatever happens, {@link SimulatedCluster}
 * checks that no instant or request has two Jobs, that instants start in order, that without Allow
 * no two runs are active, that nothing starts beyond its queueTimeout, that only recorded Jobs are
 * deleted, and that statuses are complete.
 */
@NullUnmarked
class SimulationTest {
  private static final Instant END = SimulatedCluster.BEGIN.plusSeconds(240);
  private static final Fault[] ALL = Fault.values();
  private static final Fault[] WITHOUT_CRASH = {
    Fault.NONE, Fault.LOST_BEFORE, Fault.LOST_AFTER, Fault.REFUSED
  };

  /**
   * Without edits, and unless people delete Jobs, the books balance whatever crashes, in each
   * status and in the end: each instant since the creation is in exactly one of the counters, once.
   */
  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void everyInstantIsCountedOnceWhateverCrashes(@ForAll Random random) throws Exception {
    String spec = spec(random, policy(random), missed(random) + patience(random), false);
    SimulatedCluster cluster = new SimulatedCluster(random.nextLong(), spec);
    if (isOneJobARun(read(spec))) {
      cluster.onStatus = status -> assertAccounts(cluster, spec, status);
    }
    live(random, cluster, spec, ALL, World.CRASHES);

    assertThat(total(cluster)).as(() -> story(cluster)).isEqualTo(due(spec).size());
    assertAtRest(cluster);
  }

  /** With Allow, All and time enough, each instant has its Job in the end. */
  @Property(tries = 100, shrinking = ShrinkingMode.OFF)
  void everyInstantRunsIfPolicyAndDeadlineAllow(@ForAll Random random) throws Exception {
    String spec =
        spec(
            random,
            "Allow",
            "\"missedRunPolicy\":\"All\",\"startingDeadlineSeconds\":86400,",
            false);
    SimulatedCluster cluster = live(random, spec, ALL, World.CRASHES);

    for (Occurrence occurrence : due(spec)) {
      for (String target : read(spec).targets()) {
        AttemptKey job = AttemptKey.first(new RunKey.Clock(occurrence.instant()), target);
        assertThat(cluster.created.getOrDefault(job, 0))
            .as(() -> occurrence + " " + target + " " + story(cluster))
            .isEqualTo(occurrence.excluded() ? 0 : 1);
      }
    }
    assertOutcomes(cluster, read(spec));
  }

  /** Where nothing ends a run early, what failed was tried as often as allowed, and counts tell. */
  private static void assertOutcomes(SimulatedCluster cluster, ScheduleSpec spec) {
    int attempts = 1 + spec.retry().map(RetryPolicy::limit).orElse(0);
    Map<RunKey, List<Run.Phase>> last = new HashMap<>();
    cluster.ends.forEach(
        (job, end) -> {
          boolean isLast = !cluster.ends.containsKey(job.following());
          if (isLast) {
            last.computeIfAbsent(job.run(), run -> new ArrayList<>()).add(end);
            assertThat(end == Run.Phase.SUCCEEDED || job.attempt() == attempts)
                .as(() -> job + " ended with " + end + " " + story(cluster))
                .isTrue();
          }
        });
    Map<String, Long> results =
        last.values().stream()
            .collect(
                Collectors.groupingBy(
                    ends ->
                        ends.stream().allMatch(end -> end == Run.Phase.SUCCEEDED)
                            ? "Succeeded"
                            : ends.contains(Run.Phase.SUCCEEDED) ? "PartiallySucceeded" : "Failed",
                    Collectors.counting()));
    Counts counts = cluster.status().counts();
    assertThat(List.of(counts.succeeded(), counts.partiallySucceeded(), counts.failed()))
        .as(() -> story(cluster))
        .containsExactly(
            results.getOrDefault("Succeeded", 0L),
            results.getOrDefault("PartiallySucceeded", 0L),
            results.getOrDefault("Failed", 0L));
  }

  /** While one operator leads, what is due under each spec while that is in force is counted. */
  @Property(tries = 150, shrinking = ShrinkingMode.OFF)
  void editsLoseNothing(@ForAll Random random) throws Exception {
    String spec = spec(random, policy(random), missed(random) + patience(random), false);
    SimulatedCluster cluster = live(random, spec, WITHOUT_CRASH, World.EDITS);

    assertThat(total(cluster)).as(() -> story(cluster)).isEqualTo(dueWhileInForce(cluster.inForce));
    assertAtRest(cluster);
  }

  /** Edits, suspends, requests, crashes, people who delete Jobs: the cluster's own checks hold. */
  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void whateverHappensItComesToRest(@ForAll Random random) throws Exception {
    String spec = spec(random, policy(random), missed(random) + patience(random), false);
    SimulatedCluster cluster = live(random, spec, ALL, World.EVERYTHING);

    assertAtRest(cluster);
  }

  /** People delete Jobs while one operator leads: nothing runs again, nothing overlaps. */
  @Property(tries = 100, shrinking = ShrinkingMode.OFF)
  void whatPeopleDeleteDoesNotRunAgain(@ForAll Random random) throws Exception {
    String spec = spec(random, policy(random), missed(random) + patience(random), false);
    SimulatedCluster cluster = live(random, spec, WITHOUT_CRASH, World.PEOPLE);

    long uncounted = cluster.deletedByPeople.size();
    assertThat(total(cluster))
        .as(() -> story(cluster))
        .isBetween(due(spec).size() - uncounted, (long) due(spec).size());
    assertAtRest(cluster);
  }

  /** A request runs once, unless the policy forbids. */
  @Property(tries = 100, shrinking = ShrinkingMode.OFF)
  void aRequestRunsOnce(@ForAll Random random) throws Exception {
    String policy = random.nextBoolean() ? "Allow" : "Queue";
    String spec =
        spec(random, policy, missed(random), false)
            .replaceAll("\"maxQueued\":\\d+", "\"maxQueued\":100");
    SimulatedCluster cluster = live(random, spec, ALL, World.ONE_REQUEST);

    long requested =
        cluster.created.keySet().stream()
            .map(AttemptKey::run)
            .filter(RunKey.Request.class::isInstance)
            .distinct()
            .count();
    assertThat(requested).as(() -> story(cluster)).isEqualTo(1);
    assertThat(total(cluster)).as(() -> story(cluster)).isEqualTo(due(spec).size() + 1L);
    assertAtRest(cluster);
  }

  /**
   * A backfill runs each instant of its interval once, whatever crashes, for each target; those of
   * which the schedule's own Job still exists are left out, and those have had theirs. Annotations
   * that come and go add nothing.
   */
  @Property(tries = 200, shrinking = ShrinkingMode.OFF)
  void aBackfillRunsEachInstantOnceWhateverCrashes(@ForAll Random random) throws Exception {
    String spec = spec(random, policy(random), missed(random) + patience(random), false);
    SimulatedCluster cluster = live(random, spec, ALL, World.BACKFILL);

    ScheduleSpec read = read(spec);
    Backfill backfill = cluster.status().backfill();
    BackfillProgress interval = BackfillProgress.parse(backfill.interval()).orElseThrow();
    List<Instant> wanted =
        due(spec, interval.from().minusNanos(1), interval.to()).stream()
            .filter(occurrence -> !occurrence.excluded())
            .map(Occurrence::instant)
            .toList();
    assertThat(List.of(backfill.accepted(), backfill.done(), backfill.total()))
        .as(() -> "accepted, done, total " + story(cluster))
        .containsOnly(wanted.size());
    boolean replace = read.concurrencyPolicy() == ConcurrencyPolicy.REPLACE;
    for (Instant instant : wanted) {
      Stream<String> ran =
          cluster.created.keySet().stream()
              .filter(job -> job.run().time().equals(instant))
              .filter(job -> !(job.run() instanceof RunKey.Request))
              .map(AttemptKey::target)
              .distinct();
      // One that was replaced has no more targets started.
      assertThat(ran)
          .as(() -> instant + " ran " + story(cluster))
          .hasSizeBetween(replace ? 1 : read.targets().size(), read.targets().size());
    }
    long backfilled =
        cluster.created.keySet().stream()
            .map(AttemptKey::run)
            .filter(RunKey.Backfill.class::isInstance)
            .distinct()
            .count();
    assertThat(total(cluster)).as(() -> story(cluster)).isEqualTo(due(spec).size() + backfilled);
    assertAtRest(cluster);
  }

  // ---- a life

  /** An interval from before the schedule was made until now or earlier, with an instant. */
  private static String interval(Random random, Instant now) {
    Instant from = SimulatedCluster.BEGIN.minusSeconds(30 + random.nextInt(60));
    long more = Duration.between(from, now).toSeconds() - 20;
    return from + "/" + from.plusSeconds(20 + random.nextLong(more + 1));
  }

  private enum World {
    CRASHES,
    EDITS,
    PEOPLE,
    ONE_REQUEST,
    BACKFILL,
    EVERYTHING
  }

  private static SimulatedCluster live(Random random, String spec, Fault[] faults, World world) {
    return live(random, new SimulatedCluster(random.nextLong(), spec), spec, faults, world);
  }

  private static SimulatedCluster live(
      Random random, SimulatedCluster cluster, String spec, Fault[] faults, World world) {
    String policy = spec.replaceAll(".*\"concurrencyPolicy\":\"(\\w+)\".*", "$1");
    cluster.exclusive = !policy.equals("Allow");
    int faulty = random.nextInt(1, 12);
    boolean requested = false;
    Optional<String> backfill = Optional.empty();
    boolean crashes = faults == ALL;
    cluster.takeOver();
    while (cluster.now.isBefore(END.minusSeconds(40))) {
      Fault fault =
          random.nextInt(12) < faulty ? Fault.NONE : faults[random.nextInt(faults.length)];
      switch (random.nextInt(14)) {
        case 0, 1, 2 -> cluster.pass(Duration.ofMillis(random.nextInt(1500)));
        case 3, 4 -> cluster.hear(random.nextInt(1, 6));
        case 5, 6, 7 -> cluster.step();
        case 8, 9 -> cluster.work(fault);
        case 10, 11 -> cluster.report(fault);
        case 12 -> {
          if (!cluster.leads()) {
            cluster.takeOver();
          } else if (crashes && random.nextInt(4) == 0) {
            cluster.crash();
            cluster.pass(
                Duration.ofMillis(random.nextInt(random.nextInt(10) == 0 ? 90_000 : 3000)));
          }
        }
        default -> {
          if (random.nextInt(3) > 0) {
            continue;
          }
          boolean edits = world == World.EDITS || world == World.EVERYTHING;
          if (edits && random.nextInt(3) == 0) {
            cluster.edit(
                spec(random, policy, missed(random) + patience(random), random.nextInt(3) == 0));
          }
          if ((world == World.PEOPLE || (world == World.EVERYTHING && !crashes))) {
            cluster.deleteByHand();
          }
          if (world == World.EVERYTHING && random.nextInt(3) == 0) {
            cluster.request(cluster.now.minusMillis(random.nextInt(3_000)));
          }
          if (world == World.EVERYTHING && random.nextInt(4) == 0) {
            cluster.backfill(interval(random, cluster.now));
          }
          if (world == World.BACKFILL) {
            backfill = backfill.or(() -> Optional.of(interval(random, cluster.now)));
            cluster.backfill(random.nextInt(3) == 0 ? null : backfill.get());
          }
          if (world == World.ONE_REQUEST && !requested) {
            requested = true;
            cluster.request(cluster.now);
          }
        }
      }
    }
    if (world == World.ONE_REQUEST && !requested) {
      cluster.request(cluster.now);
    }
    if (world == World.BACKFILL) {
      cluster.backfill(backfill.orElse(interval(random, cluster.now)));
    }
    cluster.settle();
    return cluster;
  }

  private static void assertAtRest(SimulatedCluster cluster) {
    assertThat(cluster.hasUnfinished()).isFalse();
    // What a backfill has accepted outlasts a suspend.
    assertThat(cluster.status().active().stream().map(ActiveRun::reason))
        .as(() -> story(cluster))
        .allMatch("Suspended"::equals);
    assertThat(cluster.status().running()).isZero();
    int writes = cluster.writes;
    cluster.pass(Duration.ofDays(40));
    cluster.settle();
    cluster.crash();
    cluster.pass(Duration.ofHours(1));
    cluster.settle();
    assertThat(cluster.writes).as(() -> "writes at rest " + story(cluster)).isEqualTo(writes);
  }

  private static String story(SimulatedCluster cluster) {
    return cluster.story.toString();
  }

  private static boolean isOneJobARun(ScheduleSpec spec) {
    return spec.targets().size() == 1 && spec.retry().isEmpty();
  }

  /** What a status says of instants is as of its cursor, where each has one Job. */
  private static void assertAccounts(
      SimulatedCluster cluster, String spec, ScanScheduleStatus status) {
    long countedAndRunning =
        status.active().stream()
            .filter(run -> run.uid() != null && status.recorded().contains(run.uid()))
            .count();
    try {
      assertThat(total(status) + status.queued() + status.running() - countedAndRunning)
          .as(() -> "instants up to the cursor of " + status + " " + story(cluster))
          .isEqualTo(due(spec, SimulatedCluster.BEGIN, Instant.parse(status.cursor())).size());
    } catch (InvalidScheduleException e) {
      throw new AssertionError(e);
    }
  }

  private static long total(SimulatedCluster cluster) {
    return total(cluster.status());
  }

  private static long total(ScanScheduleStatus status) {
    Counts counts = status.counts();
    return counts.succeeded()
        + counts.partiallySucceeded()
        + counts.failed()
        + counts.missed()
        + counts.skipped()
        + counts.rejected()
        + counts.replaced()
        + counts.expired();
  }

  // ---- specs

  private static String policy(Random random) {
    return List.of("Allow", "Forbid", "Queue", "Replace").get(random.nextInt(4));
  }

  private static String missed(Random random) {
    String deadline =
        "\"startingDeadlineSeconds\":" + List.of(0, 3, 20, 86_400).get(random.nextInt(4)) + ",";
    return switch (random.nextInt(4)) {
      case 0 -> "\"missedRunPolicy\":\"None\"," + (random.nextBoolean() ? deadline : "");
      case 1 -> "\"missedRunPolicy\":\"All\"," + deadline;
      case 2 -> "\"missedRunPolicy\":\"Latest\",";
      default -> deadline;
    };
  }

  private static String patience(Random random) {
    String queueTimeout =
        random.nextInt(3) == 0 ? "\"queueTimeout\":\"" + random.nextInt(1, 30) + "s\"," : "";
    String stuckAfter =
        random.nextInt(3) == 0 ? "\"stuckAfter\":\"" + random.nextInt(1, 15) + "s\"," : "";
    return queueTimeout + stuckAfter;
  }

  private static String spec(Random random, String policy, String missed, boolean suspend) {
    String jitter = random.nextBoolean() ? "\"jitter\":\"" + random.nextInt(6) + "s\"," : "";
    String exclusions =
        random.nextInt(3) == 0
            ? "\"exclusions\":[{\"from\":\"%s\",\"to\":\"%s\"}],"
                .formatted(
                    SimulatedCluster.BEGIN.plusSeconds(random.nextInt(100)),
                    SimulatedCluster.BEGIN.plusSeconds(101 + random.nextInt(50)))
            : "";
    String retry =
        random.nextInt(3) == 0
            ? "\"retry\":{\"limit\":%d,\"backoff\":\"%dms\",\"maxBackoff\":\"10s\"},"
                .formatted(random.nextInt(4), 1 + random.nextInt(6_000))
            : "";
    List<String> names =
        Stream.of("a", "b", "c", "d").filter(name -> random.nextInt(3) > 0).toList();
    String targets =
        random.nextInt(3) == 0 && !names.isEmpty()
            ? names.stream()
                .map("{\"name\":\"%s\"}"::formatted)
                .collect(Collectors.joining(",", "\"targets\":[", "],"))
            : "";
    String stagger =
        random.nextInt(2) == 0
            ? "\"stagger\":{\"batchSize\":%d,\"interval\":\"%ds\"},"
                .formatted(1 + random.nextInt(3), 1 + random.nextInt(5))
            : "";
    return """
        {"triggers":[{"every":"%ds"}],%s%s%s%s%s%s"suspend":%b,"concurrencyPolicy":"%s","maxQueued":%d,\
        "notAfter":"%s","successfulJobsHistoryLimit":%d,"failedJobsHistoryLimit":%d,\
        "jobTemplate":{"spec":{%s}}}"""
        .formatted(
            random.nextInt(1, 12),
            jitter,
            exclusions,
            missed,
            retry,
            targets,
            stagger,
            suspend,
            policy,
            random.nextInt(6),
            END,
            random.nextInt(4),
            random.nextInt(4),
            random.nextInt(4) == 0 ? "\"ttlSecondsAfterFinished\":" + random.nextInt(20) : "");
  }

  private static ScheduleSpec read(String spec) throws InvalidScheduleException {
    return SpecReader.read(SimulatedCluster.KEY, RawJson.of(spec.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Occurrence> due(String spec) throws InvalidScheduleException {
    return due(spec, SimulatedCluster.BEGIN, Instant.MAX);
  }

  private static List<Occurrence> due(String spec, Instant after, Instant until)
      throws InvalidScheduleException {
    ScheduleSpec read = read(spec);
    List<Occurrence> due = new ArrayList<>();
    Optional<Occurrence> next = read.timeline().next(after);
    while (!read.suspend() && next.isPresent() && !next.get().instant().isAfter(until)) {
      due.add(next.get());
      next = read.timeline().next(next.get().instant());
    }
    return due;
  }

  private static long dueWhileInForce(List<Map.Entry<Instant, String>> specs)
      throws InvalidScheduleException {
    long due = 0;
    for (int i = 0; i < specs.size(); i++) {
      Instant until = i + 1 < specs.size() ? specs.get(i + 1).getKey() : Instant.MAX;
      due += due(specs.get(i).getValue(), specs.get(i).getKey(), until).size();
    }
    return due;
  }
}
