package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.Year;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Random schedules against a walk through every minute of a year. */
class TimelinePropertyTest {

  @Property(tries = 120, edgeCases = EdgeCasesMode.NONE)
  void aYearOfACronTriggerIsThatOfTheOracle(
      @ForAll("expressions") CronSample sample,
      @ForAll("zones") ZoneId zone,
      @ForAll @IntRange(min = 2018, max = 2037) int year,
      @ForAll GapPolicy gap,
      @ForAll OverlapPolicy overlap,
      @ForAll Random random)
      throws InvalidScheduleException {
    Instant from = start(year);
    Instant to = start(year + 1);
    Timeline timeline =
        Timeline.builder("a/b").cron("f", sample.text(), zone).dst(gap, overlap).build();

    NavigableSet<Instant> expected = sample.oracle().fires(from, to, zone, gap, overlap);

    assertThat(walk(timeline, from, to)).isEqualTo(new ArrayList<>(expected));
    for (int i = 0; i < 100; i++) {
      Instant after = from.plusMillis(random.nextLong(to.toEpochMilli() - from.toEpochMilli()));
      assertThat(timeline.next(after).map(Occurrence::instant).filter(to::isAfter))
          .isEqualTo(Optional.ofNullable(expected.higher(after)));
    }
  }

  @Property(tries = 25, edgeCases = EdgeCasesMode.NONE)
  void severalTriggersAreTheirUnionLessWhatIsExcluded(
      @ForAll("expressions") CronSample one,
      @ForAll("expressions") CronSample other,
      @ForAll("expressions") CronSample window,
      @ForAll("zones") ZoneId zone,
      @ForAll("zones") ZoneId otherZone,
      @ForAll @IntRange(min = 1, max = 100_000) int minutes,
      @ForAll @IntRange(min = 3600, max = 200_000) int length)
      throws InvalidScheduleException {
    Instant from = start(2027);
    Instant to = from.plusSeconds(60 * 86_400);
    Timeline timeline =
        Timeline.builder("a/b")
            .cron("f", one.text(), zone)
            .cron("f", other.text(), otherZone)
            .every("f", Duration.ofSeconds(minutes * 60L), Duration.ofSeconds(7))
            .exclude("f", window.text(), otherZone, Duration.ofSeconds(length))
            .build();

    GapPolicy gap = GapPolicy.SHIFT;
    OverlapPolicy overlap = OverlapPolicy.FIRST;
    NavigableSet<Instant> expected = new TreeSet<>();
    expected.addAll(one.oracle().fires(from, to, zone, gap, overlap));
    expected.addAll(other.oracle().fires(from, to, otherZone, gap, overlap));
    for (long s = from.getEpochSecond(); s < to.getEpochSecond(); s++) {
      if (s % (minutes * 60L) == 7) {
        expected.add(Instant.ofEpochSecond(s));
      }
    }
    NavigableSet<Instant> begins =
        window.oracle().fires(from.minusSeconds(length), to, otherZone, gap, overlap);
    List<Instant> free =
        expected.stream()
            .filter(
                instant -> {
                  Instant begin = begins.floor(instant);
                  return begin == null || !instant.isBefore(begin.plusSeconds(length));
                })
            .toList();

    assertThat(walk(timeline, from, to)).isEqualTo(new ArrayList<>(expected));
    List<Instant> flagged = new ArrayList<>();
    List<Instant> runs = new ArrayList<>();
    Instant cursor = from.minusMillis(1);
    while (true) {
      Optional<Occurrence> next = timeline.next(cursor).filter(o -> o.instant().isBefore(to));
      if (next.isEmpty()) {
        break;
      }
      cursor = next.get().instant();
      if (!next.get().excluded()) {
        flagged.add(cursor);
      }
    }
    Optional<Instant> run = run(timeline, from.minusMillis(1), to);
    while (run.isPresent()) {
      runs.add(run.get());
      run = run(timeline, run.get(), to);
    }
    assertThat(flagged).isEqualTo(free);
    assertThat(runs).isEqualTo(free);
  }

  private static Optional<Instant> run(Timeline timeline, Instant after, Instant to) {
    return timeline.nextRun(after).map(Occurrence::instant).filter(to::isAfter);
  }

  @Provide
  Arbitrary<CronSample> expressions() {
    return CronSample.any();
  }

  /** Half of them with clocks that change, the odd ones among them. */
  @Provide
  Arbitrary<ZoneId> zones() {
    List<String> names = ZoneId.getAvailableZoneIds().stream().sorted().toList();
    return Arbitraries.oneOf(
            Arbitraries.of(names),
            Arbitraries.of(
                "Europe/Berlin",
                "America/New_York",
                "Australia/Lord_Howe",
                "Africa/Casablanca",
                "America/Santiago",
                "Asia/Beirut",
                "America/Havana",
                "Antarctica/Troll",
                "Atlantic/Azores"))
        .map(ZoneId::of);
  }

  private static List<Instant> walk(Timeline timeline, Instant from, Instant to) {
    List<Instant> instants = new ArrayList<>();
    Instant cursor = from.minusMillis(1);
    while (true) {
      Optional<Occurrence> next = timeline.next(cursor);
      if (next.isEmpty() || !next.get().instant().isBefore(to)) {
        return instants;
      }
      cursor = next.get().instant();
      instants.add(cursor);
    }
  }

  private static Instant start(int year) {
    return Year.of(year).atDay(1).atStartOfDay().toInstant(ZoneOffset.UTC);
  }
}
