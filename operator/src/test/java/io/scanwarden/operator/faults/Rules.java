package io.scanwarden.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.ActiveRun;
import io.scanwarden.api.v1alpha1.Backfill;
import io.scanwarden.api.v1alpha1.Counts;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.faults.Fleet.Member;
import io.scanwarden.operator.faults.JobLog.Life;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** What must hold of the Jobs and statuses of schedules, whatever happens to the operator. */
final class Rules {
  private Rules() {}

  /**
   * An instant of a schedule has at most one Job, ever, for each target and attempt, and at most
   * one more by which it was made up for. The name says which.
   */
  static void oneJobPerInstant(List<Life> lives) {
    Set<String> seen = new HashSet<>();
    assertThat(lives.stream().filter(l -> !seen.add(l.run() + " " + l.part())).toList())
        .as("Jobs of instants that had one already")
        .isEmpty();
    for (Life life : lives) {
      assertThat(life.name())
          .as("the name of the Job of %s", life.instant())
          .isEqualTo(life.schedule() + "-" + life.instant().getEpochSecond() + life.part());
    }
  }

  /** Jobs are created in the order of their instants, retries apart. */
  static void inOrder(List<Life> ofOneSchedule) {
    assertThat(ofOneSchedule.stream().filter(l -> l.attempt() == 1).map(Life::instant).toList())
        .isSorted();
  }

  /** No Jobs of two runs are unfinished at once, and no run goes on after another has begun. */
  static void neverTwoUnfinished(List<Life> lives) {
    Map<String, Integer> over = new LinkedHashMap<>();
    String current = "";
    for (Life life : lives) {
      String run = life.run();
      if (!run.equals(current)) {
        assertThat(over).as("%s belongs to a run that was over", life).doesNotContainKey(run);
        assertThat(over.getOrDefault(current, -1))
            .as("%s began while the run of %s was unfinished", life, current)
            .isLessThan(life.begun());
        current = run;
      }
      over.merge(run, life.over(), Math::max);
    }
  }

  /** No more than so many of the Jobs are unfinished at once. */
  static void atMostUnfinished(int limit, List<Life> lives) {
    for (Life life : lives) {
      assertThat(lives)
          .filteredOn(l -> l.begun() <= life.begun() && l.over() > life.begun())
          .as("unfinished when %s began", life)
          .hasSizeLessThanOrEqualTo(limit);
    }
  }

  /** Each run has all the Jobs that it should have. */
  static void complete(Member member, List<Life> ofOneSchedule) {
    Map<Instant, Set<String>> parts = new TreeMap<>();
    ofOneSchedule.forEach(
        life -> parts.computeIfAbsent(life.instant(), at -> new TreeSet<>()).add(life.part()));
    parts.forEach(
        (instant, there) ->
            assertThat(there)
                .as("the Jobs of %s at %s", member.name(), instant)
                .containsExactlyInAnyOrderElementsOf(member.parts()));
  }

  /**
   * The Jobs that there are, are those of instants of the schedule, and none before its creation.
   */
  static void onlyAtInstants(Member member, Instant created, List<Life> ofOneSchedule) {
    List<Instant> instants = ofOneSchedule.stream().map(Life::instant).toList();
    if (!instants.isEmpty()) {
      assertThat(member.instants(created, instants.getLast())).containsAll(instants);
    }
  }

  /**
   * Each past instant of the interval had its run, of the backfill or its own, and the status says
   * so. Before the schedule was made it had none of its own.
   */
  static void backfill(Member member, StatusLog.Version end, List<Life> ofOneSchedule) {
    List<Life> jobs = ofOneSchedule.stream().filter(Life::isBackfill).toList();
    Set<Instant> without = new TreeSet<>(member.past());
    assertThat(without).as("instants of the backfill of %s", member.name()).containsAll(at(jobs));
    ofOneSchedule.forEach(life -> without.remove(life.instant()));
    assertThat(without).as("instants that %s has not made up for", member.name()).isEmpty();
    inOrder(jobs);
    complete(member, jobs);
    if (member.parts().size() == 1) {
      atMostUnfinished(member.backfillsAtOnce(), jobs); // otherwise no two are, of any runs
    }
    isDone(member, end);
  }

  /** Whatever the schedule was asked to make up for, is over. */
  static void isDone(Member member, StatusLog.Version end) {
    int total = member.past().size();
    assertThat(end.status().backfill())
        .as("backfill of %s", member.name())
        .isEqualTo(
            member
                .backfill()
                .map(
                    asked ->
                        new Backfill(
                            asked.value(),
                            member.past().getLast().toString(),
                            total,
                            total,
                            total,
                            null))
                .orElse(null));
  }

  private static List<Instant> at(List<Life> jobs) {
    return jobs.stream().map(Life::instant).toList();
  }

  /**
   * Each status is consistent in itself and with the one before: time does not run backwards,
   * nothing is forgotten, and every instant up to the cursor is accounted for exactly once.
   *
   * @param madeUpFor the instants that had a run of the backfill, sooner or later
   */
  static void statuses(
      Member member, List<StatusLog.Version> versions, Collection<Instant> madeUpFor) {
    StatusLog.@Nullable Version before = null;
    for (StatusLog.Version version : versions) {
      if (version.status().cursor() == null) {
        continue;
      }
      if (version.isObserved() && version.generation() == 1) {
        accounts(member, version, madeUpFor);
        next(member, version);
      }
      if (before != null) {
        follows(before, version);
      }
      before = version;
    }
  }

  private static void accounts(
      Member member, StatusLog.Version version, Collection<Instant> madeUpFor) {
    ScanScheduleStatus status = version.status();
    List<String> recorded = Objects.requireNonNullElse(status.recorded(), List.of());
    long countedAndRunning =
        Objects.requireNonNullElse(status.active(), List.<ActiveRun>of()).stream()
            .filter(run -> run.uid() != null && recorded.contains(run.uid()))
            .count();
    long accounted =
        sum(Objects.requireNonNull(status.counts()))
            + number(status.queued())
            + number(status.running())
            - countedAndRunning;
    Instant backfilled =
        Optional.ofNullable(status.backfill()).map(Rules::backfilled).orElse(Instant.MIN);
    assertThat(accounted)
        .as("instants up to the cursor of %s", version)
        .isEqualTo(
            member.instants(version.created(), cursor(version)).size()
                + madeUpFor.stream().filter(instant -> !instant.isAfter(backfilled)).count());
  }

  private static void next(Member member, StatusLog.Version version) {
    assertThat(version.status().nextScheduleTimes())
        .as("next times of %s", version)
        .isEqualTo(member.next(cursor(version), 5).stream().map(Instant::toString).toList());
  }

  private static void follows(StatusLog.Version before, StatusLog.Version version) {
    assertThat(cursor(version))
        .as("%s%nbefore: %s", version, before)
        .isAfterOrEqualTo(cursor(before));
    for (ToLongFunction<Counts> count : COUNTS) {
      assertThat(count.applyAsLong(Objects.requireNonNull(version.status().counts())))
          .as("counts of %s%nbefore: %s", version, before)
          .isGreaterThanOrEqualTo(
              count.applyAsLong(Objects.requireNonNull(before.status().counts())));
    }
    Backfill asked = before.status().backfill();
    if (asked != null) {
      Backfill now = version.status().backfill();
      String what = "%s, %s%nbefore: %s".formatted(version, now, asked);
      assertThat(now).as(what).isNotNull();
      follows(asked, Objects.requireNonNull(now), what);
    }
  }

  private static void follows(Backfill before, Backfill now, String what) {
    assertThat(now.interval()).as(what).isEqualTo(before.interval());
    assertThat(now.total()).as(what).isEqualTo(before.total());
    assertThat(now.ignored()).as(what).isEqualTo(before.ignored());
    assertThat(number(now.accepted()))
        .as(what)
        .isBetween(number(before.accepted()), number(now.total()));
    assertThat(number(now.done()))
        .as(what)
        .isBetween(number(before.done()), number(now.accepted()));
    assertThat(backfilled(now)).as(what).isAfterOrEqualTo(backfilled(before));
  }

  private static Instant backfilled(Backfill backfill) {
    return backfill.cursor() == null ? Instant.MIN : Instant.parse(backfill.cursor());
  }

  private static final List<ToLongFunction<Counts>> COUNTS =
      List.of(
          c -> number(c.succeeded()),
          c -> number(c.partiallySucceeded()),
          c -> number(c.failed()),
          c -> number(c.missed()),
          c -> number(c.skipped()),
          c -> number(c.rejected()),
          c -> number(c.replaced()),
          c -> number(c.expired()));

  static long sum(Counts counts) {
    return COUNTS.stream().mapToLong(count -> count.applyAsLong(counts)).sum();
  }

  static Instant cursor(StatusLog.Version version) {
    return Instant.parse(Objects.requireNonNull(version.status().cursor()));
  }

  static long number(@Nullable Number value) {
    return value == null ? 0 : value.longValue();
  }
}
