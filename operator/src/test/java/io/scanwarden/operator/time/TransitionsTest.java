package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every change of clocks that the time zone database knows of from 2020 to 2035. */
class TransitionsTest {
  private static final Instant FIRST = Instant.parse("2020-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("2036-01-01T00:00:00Z");

  /** Enough for the days that a change of a few hours touches. */
  private static final Duration AROUND = Duration.ofHours(27);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "* * * * * | 0-59 | 0-23 | 0-6",
        "7,37 * * * * | 7;37 | 0-23 | 0-6",
        "30 2 * * * | 30 | 2 | 0-6",
        "0 0 * * * | 0 | 0 | 0-6",
        "*/15 0-3 * * * | 0;15;30;45 | 0-3 | 0-6",
        "*/20 0-22 * * * | 0;20;40 | 0-22 | 0-6",
        "59 23 * * * | 59 | 23 | 0-6",
        "15 1 * * 0 | 15 | 1 | 0",
      })
  void aroundEachTransitionWhatIsDueIsThatOfTheOracle(
      String expression, String minutes, String hours, String weekdays)
      throws InvalidScheduleException {
    CronOracle oracle =
        new CronOracle(
            numbers(minutes),
            numbers(hours),
            numbers("1-31"),
            true,
            numbers("1-12"),
            numbers(weekdays),
            weekdays.equals("0-6"));
    int checked = 0;
    for (Map.Entry<ZoneOffsetTransition, ZoneId> change : changes().entrySet()) {
      Instant from = change.getKey().getInstant().minus(AROUND);
      Instant to = change.getKey().getInstant().plus(AROUND);
      for (GapPolicy gap : GapPolicy.values()) {
        for (OverlapPolicy overlap : OverlapPolicy.values()) {
          if (hours.equals("0-23") && (gap == GapPolicy.SKIP) != (overlap == OverlapPolicy.BOTH)) {
            // Real time knows no policies: two of the four will do.
            continue;
          }
          Timeline timeline =
              Timeline.builder("a/b")
                  .cron("f", expression, change.getValue())
                  .dst(gap, overlap)
                  .build();
          assertThat(walk(timeline, from, to))
              .as("%s at %s, %s, %s", change.getValue(), change.getKey(), gap, overlap)
              .isEqualTo(new ArrayList<>(oracle.fires(from, to, change.getValue(), gap, overlap)));
          checked++;
        }
      }
    }
    assertThat(checked).isGreaterThan(1000);
  }

  /** Zones that change alike at the same instant are one case: the first of them stands for all. */
  private static Map<ZoneOffsetTransition, ZoneId> changes() {
    Map<ZoneOffsetTransition, ZoneId> changes = new LinkedHashMap<>();
    for (String name : ZoneId.getAvailableZoneIds().stream().sorted().toList()) {
      ZoneId zone = ZoneId.of(name);
      ZoneOffsetTransition change = zone.getRules().nextTransition(FIRST);
      while (change != null && change.getInstant().isBefore(LAST)) {
        changes.putIfAbsent(change, zone);
        change = zone.getRules().nextTransition(change.getInstant());
      }
    }
    return changes;
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

  /** {@code 1;5} or {@code 0-59}. */
  private static BitSet numbers(String text) {
    BitSet bits = new BitSet();
    for (String part : text.split(";", -1)) {
      String[] ends = part.split("-", -1);
      bits.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
    }
    return bits;
  }
}
