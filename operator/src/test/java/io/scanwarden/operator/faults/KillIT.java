package io.scanwarden.operator.faults;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanwarden.api.v1alpha1.Counts;
import io.scanwarden.api.v1alpha1.RecentRun;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.api.v1alpha1.TargetCounts;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import io.scanwarden.operator.faults.Fleet.Member;
import io.scanwarden.operator.faults.JobLog.End;
import io.scanwarden.operator.faults.JobLog.Life;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The operator is killed again and again while schedules fire. {@code -Dscanwarden.test.seed}
 * repeats the moments, as far as the machine's timing allows; {@code -Dscanwarden.test.kills} is
 * how often.
 */
@ControlPlaneTest
class KillIT {
  private static final int KILLS = Integer.getInteger("scanwarden.test.kills", 20);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** On a busy machine it is the cluster's own controllers that have to catch up. */
  private static final Duration REST = Duration.ofMinutes(4);

  /** What is due so shortly before a kill may not have been started by then. */
  private static final Duration IN_FLIGHT = Duration.ofSeconds(2);

  /** A leader that was there for less may not have come to what it had missed. */
  private static final Duration BRIEF = Duration.ofSeconds(3);

  /** The member of the fleet whose runs replace each other. */
  private static final String REPLACING = "replace";

  /** When an operator was killed; {@link Instant#MAX} for the last, which was not. */
  private record Turn(Instant until) {}

  /** When an operator acted: from its first Job until it was killed. */
  private record Reign(Instant from, Instant until) {}

  /** A time without anybody who acts, for long enough to catch up. */
  private record Gap(Instant from, Instant until) {}

  @Test
  void eachInstantOnceHoweverOftenTheOperatorIsKilled(ControlPlane plane) throws Exception {
    long seed = Long.getLong("scanwarden.test.seed", System.nanoTime());
    try {
      killAgainAndAgain(plane, new Random(seed));
    } catch (AssertionError | Exception e) {
      throw new AssertionError("with -Dscanwarden.test.seed=" + seed, e);
    }
  }

  private static void killAgainAndAgain(ControlPlane plane, Random random) throws Exception {
    Map<String, Member> fleet = Fleet.of(Instant.now());
    Backfills backfills = new Backfills(plane, fleet.values(), new Random(random.nextLong()));
    List<Turn> turns = new ArrayList<>();
    RunningOperator.install(plane);
    try (JobLog jobs = new JobLog(plane.admin(), plane.namespace());
        StatusLog statuses = new StatusLog(plane.admin(), plane.namespace())) {
      plane.apply(Fleet.POOL).orThrow();
      plane.apply(
          fleet.values().stream().map(Member::manifest).collect(Collectors.joining("---\n")));
      for (int i = 0; i < KILLS; i++) {
        turns.add(killOnce(plane, random, jobs, statuses, backfills));
      }
      backfills.leave();
      try (RunningOperator last = start(plane)) {
        last.awaitLeading();
        awaitCursorsReach(Instant.now(), fleet, statuses);
        turns.add(new Turn(Instant.MAX));
        awaitBackfills(fleet, statuses);
        backfills.takeAwayAndRestore();
        comeToRest(plane, fleet, jobs, statuses);
      }
      check(fleet, jobs.lives(), statuses, gaps(reigns(turns, jobs.lives())));
    }
  }

  private static Turn killOnce(
      ControlPlane plane, Random random, JobLog jobs, StatusLog statuses, Backfills backfills)
      throws Exception {
    CompletableFuture<?> moment =
        switch (random.nextInt(8)) {
          case 0 -> CompletableFuture.completedFuture("while it starts");
          case 1, 2 -> statuses.written(1 + random.nextInt(15));
          case 3 -> jobs.deleted(1 + random.nextInt(8));
          case 4 -> jobs.created(1); // while it catches up
          default -> jobs.created(1 + random.nextInt(15));
        };
    int delay = moment.isDone() ? random.nextInt(4000) : random.nextInt(2) * random.nextInt(600);
    boolean early = random.nextBoolean();
    if (early) {
      backfills.next();
    }
    try (RunningOperator operator = start(plane)) {
      if (!early) {
        backfills.next();
      }
      CompletableFuture.anyOf(
              moment.thenRunAsync(
                  () -> {}, CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS)),
              operator.exit())
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      operator.kill();
    }
    return new Turn(Instant.now());
  }

  /**
   * Each operator that came to act did so under a term of its own, so that its Jobs tell when it
   * began; the watch may tell of the last ones of one when the next has started.
   */
  private static List<Reign> reigns(List<Turn> turns, List<Life> lives) {
    List<Reign> reigns = new ArrayList<>();
    long term = -1;
    for (Turn turn : turns) {
      long before = term;
      List<Life> own =
          lives.stream()
              .filter(life -> life.term() > before && !life.created().isAfter(turn.until()))
              .toList();
      if (!own.isEmpty()) {
        term = own.stream().mapToLong(Life::term).max().getAsLong();
        // Creation times have whole seconds.
        Instant first = own.stream().map(Life::created).min(Instant::compareTo).orElseThrow();
        reigns.add(new Reign(first.plusSeconds(1), turn.until()));
      }
    }
    return reigns;
  }

  private static RunningOperator start(ControlPlane plane) {
    return NextOperator.start(plane, launch -> launch);
  }

  private static void awaitCursorsReach(
      Instant moment, Map<String, Member> fleet, StatusLog statuses) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              for (Member member : fleet.values()) {
                StatusLog.Version version = requireNonNull(statuses.newest().get(member.name()));
                assertThat(member.instants(Rules.cursor(version), moment)).isEmpty();
              }
            });
  }

  /** An edit that leaves no instants would end them. */
  private static void awaitBackfills(Map<String, Member> fleet, StatusLog statuses) {
    await()
        .atMost(REST)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              for (Member member : fleet.values()) {
                Rules.isDone(member, requireNonNull(statuses.newest().get(member.name())));
              }
            });
  }

  /** The schedules go on in 2099; what is under way ends. */
  private static void comeToRest(
      ControlPlane plane, Map<String, Member> fleet, JobLog jobs, StatusLog statuses) {
    for (String name : fleet.keySet()) {
      plane
          .kubectl(
              "patch",
              "scansched",
              name,
              "--type=merge",
              "--patch={\"spec\":{\"notBefore\":\"2099-01-01T00:00:00Z\"}}")
          .orThrow();
    }
    await()
        .atMost(REST)
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(
            () -> {
              assertThat(statuses.newest().values())
                  .allSatisfy(
                      version -> {
                        assertThat(version.generation()).isEqualTo(2);
                        assertThat(version.isObserved()).isTrue();
                        assertThat(version.status().running()).isZero();
                        assertThat(version.status().queued()).isZero();
                      });
              assertThat(jobs.isCaughtUp()).isTrue();
              List<Life> lives = jobs.lives();
              for (Member member : fleet.values()) {
                StatusLog.Version end = requireNonNull(statuses.newest().get(member.name()));
                accountedFor(member, end, madeUpFor(of(member, lives)));
              }
            });
  }

  private static List<Gap> gaps(List<Reign> reigns) {
    List<Gap> gaps = new ArrayList<>();
    Instant from = Instant.MIN;
    for (Reign reign : reigns) {
      if (Duration.between(reign.from(), reign.until()).compareTo(BRIEF) >= 0) {
        gaps.add(new Gap(from, reign.from()));
        from = reign.until().equals(Instant.MAX) ? Instant.MAX : reign.until().minus(IN_FLIGHT);
      }
    }
    return gaps;
  }

  // ---- the rules

  private static void check(
      Map<String, Member> fleet, List<Life> lives, StatusLog statuses, List<Gap> gaps) {
    Rules.oneJobPerInstant(lives);
    fleet.values().stream()
        .map(Member::group)
        .filter(group -> !group.isEmpty())
        .distinct()
        .forEach(
            group ->
                Rules.neverTwoUnfinished(
                    lives.stream()
                        .filter(l -> requireNonNull(fleet.get(l.schedule())).group().equals(group))
                        .toList()));
    Rules.atMostUnfinished(
        Fleet.SLOTS,
        lives.stream().filter(l -> requireNonNull(fleet.get(l.schedule())).pooled()).toList());
    for (Member member : fleet.values()) {
      List<Life> all = of(member, lives);
      List<Life> runs = all.stream().filter(life -> !life.isBackfill()).toList();
      StatusLog.Version end = requireNonNull(statuses.newest().get(member.name()));
      Rules.statuses(
          member,
          statuses.versions().stream().filter(v -> v.uid().equals(end.uid())).toList(),
          madeUpFor(all));
      Rules.onlyAtInstants(member, end.created(), runs);
      Rules.inOrder(runs);
      if (member.alone()) {
        Rules.neverTwoUnfinished(all);
      }
      Rules.complete(member, runs);
      Rules.backfill(member, end, all);
      noneIsLost(member, end, runs, gaps);
      accountedFor(member, end, madeUpFor(all));
      tellsOf(member, end.status(), all);
    }
  }

  private static List<Life> of(Member member, List<Life> lives) {
    return lives.stream().filter(life -> life.schedule().equals(member.name())).toList();
  }

  private static Set<Instant> madeUpFor(List<Life> ofOneSchedule) {
    return ofOneSchedule.stream()
        .filter(Life::isBackfill)
        .map(Life::instant)
        .collect(Collectors.toSet());
  }

  private static void noneIsLost(
      Member member, StatusLog.Version end, List<Life> runs, List<Gap> gaps) {
    Set<Instant> without = new HashSet<>(member.instants(end.created(), Rules.cursor(end)));
    runs.forEach(run -> without.remove(run.instant()));
    Counts counts = requireNonNull(end.status().counts());
    if (member.missed() == Fleet.Missed.ALL) {
      assertThat(counts.missed()).as("missed of %s", member.name()).isZero();
    }
    if (member.drops()) {
      return; // that each is accounted for, and that no two ran at once, is checked elsewhere
    }
    assertThat(without)
        .as("instants of %s that nothing explains; gaps: %s", member.name(), gaps)
        .allMatch(
            instant ->
                switch (member.missed()) {
                  case ALL -> false;
                  case LATEST ->
                      gaps.stream()
                          .anyMatch(
                              gap ->
                                  instant.isAfter(gap.from())
                                      && instant.plus(member.every()).isBefore(gap.until()));
                  case WITHIN_DEADLINE ->
                      gaps.stream()
                          .anyMatch(
                              gap ->
                                  instant.isAfter(gap.from())
                                      && instant
                                          .plus(member.deadline())
                                          .isBefore(gap.until().plus(Duration.ofSeconds(1))));
                });
  }

  private static void accountedFor(Member member, StatusLog.Version end, Set<Instant> madeUpFor) {
    assertThat(Rules.sum(requireNonNull(end.status().counts())))
        .as("instants that %s accounts for in %s", member.name(), end)
        .isEqualTo(member.instants(end.created(), Rules.cursor(end)).size() + madeUpFor.size());
  }

  /** At rest, the status tells what the Jobs came to. */
  private static void tellsOf(Member member, ScanScheduleStatus status, List<Life> runs) {
    Counts counts = requireNonNull(status.counts());
    if (member.isPartial()) {
      tellsOfTargets(member, status, runs);
      return;
    }
    List<Life> natural = runs.stream().filter(life -> !life.dismissed()).toList();
    assertThat(runs).allMatch(life -> life.over() < Integer.MAX_VALUE);
    // A run counts as replaced from the moment at which that is recorded, which is before its Job
    // is
    // deleted: it may have ended by itself in between, above all if the operator was killed there.
    boolean replaces = member.name().equals(REPLACING);
    assertThat(Rules.number(counts.succeeded()))
        .as("succeeded of %s", member.name())
        .isLessThanOrEqualTo(succeeded(natural))
        .isGreaterThanOrEqualTo(
            replaces ? succeeded(natural) - Rules.number(counts.replaced()) : succeeded(natural));
    assertThat(Rules.number(counts.failed()))
        .as("failed of %s", member.name())
        .isEqualTo(natural.stream().filter(l -> l.end().equals(Optional.of(End.FAILED))).count());
    assertThat(status.recorded())
        .as("recorded of %s", member.name())
        .containsAll(runs.stream().filter(life -> life.gone().isEmpty()).map(Life::uid).toList());
    assertThat(Objects.requireNonNullElse(status.nextScheduleTimes(), List.<String>of()))
        .allMatch(time -> Instant.parse(time).isAfter(Instant.now()))
        .hasSize(member.every().isZero() ? 0 : 5);
    Map<String, Life> byName =
        runs.stream().collect(Collectors.toMap(l -> l.trigger() + " " + l.name(), life -> life));
    for (RecentRun recent : requireNonNull(status.recentRuns())) {
      Life life = requireNonNull(byName.get(recent.trigger() + " " + recent.name()));
      String result =
          life.dismissed()
              ? "Replaced"
              : life.end().orElseThrow() == End.SUCCEEDED ? "Succeeded" : "Failed";
      assertThat(recent.result())
          .as("%s of %s", recent, member.name())
          .isIn(replaces ? List.of(result, "Replaced") : List.of(result));
    }
    assertThat(requireNonNull(status.recentRuns())).hasSize(Math.min(10, runs.size()));
    if (!runs.isEmpty()) {
      assertThat(status.lastScheduleTime())
          .isEqualTo(
              runs.stream().map(Life::instant).max(Instant::compareTo).orElseThrow().toString());
    }
  }

  private static void tellsOfTargets(Member member, ScanScheduleStatus status, List<Life> jobs) {
    long runs = jobs.stream().map(Life::run).distinct().count();
    Counts counts = requireNonNull(status.counts());
    assertThat(counts.partiallySucceeded()).as("runs of %s", member.name()).isEqualTo(runs);
    assertThat(counts.succeeded()).isZero();
    assertThat(counts.failed()).isZero();
    assertThat(requireNonNull(status.recentRuns()))
        .hasSize((int) Math.min(10, runs))
        .allSatisfy(
            run -> {
              assertThat(run.result()).isEqualTo("PartiallySucceeded");
              assertThat(run.targets()).isEqualTo(new TargetCounts(3, 2, 1));
            });
  }

  private static long succeeded(List<Life> lives) {
    return lives.stream().filter(life -> life.end().equals(Optional.of(End.SUCCEEDED))).count();
  }
}
