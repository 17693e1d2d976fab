package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NextTimesTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "30 2 * * *     | SHIFT | FIRST | 2027-03-27T12:00:00Z | 03:00"
            + " | DST: 02:30 does not exist in Europe/Berlin on 2027-03-28, shifted to 03:00",
        "0,30 2 * * *   | SHIFT | FIRST | 2027-03-27T12:00:00Z | 03:00"
            + " | DST: 02:00 and 02:30 do not exist in Europe/Berlin on 2027-03-28, shifted to"
            + " 03:00",
        "*/15 2,3 * * * | SHIFT | FIRST | 2027-03-27T12:00:00Z | 03:00"
            + " | DST: 4 times from 02:00 to 02:45 do not exist in Europe/Berlin on 2027-03-28,"
            + " shifted to 03:00",
        "30 2 * * *     | SKIP  | FIRST | 2027-03-27T12:00:00Z | 02:30"
            + " | DST: 02:30 does not exist in Europe/Berlin on 2027-03-28, skipped",
        "30 2 * * *     | SHIFT | FIRST | 2026-10-24T12:00:00Z | 02:30"
            + " | DST: 02:30 comes twice in Europe/Berlin on 2026-10-25, first pass only",
        "30 2 * * *     | SHIFT | BOTH  | 2026-10-24T12:00:00Z | 02:30"
            + " | DST: 02:30 comes twice in Europe/Berlin on 2026-10-25, first pass",
        "30 2 * * *     | SHIFT | BOTH  | 2026-10-25T00:30:00Z | 02:30"
            + " | DST: 02:30 comes twice in Europe/Berlin on 2026-10-25, second pass",
        "30 * * * *     | SHIFT | FIRST | 2026-10-25T00:00:00Z | 02:30"
            + " | DST: 02:30 comes twice in Europe/Berlin on 2026-10-25, first pass",
        "30 * * * *     | SHIFT | FIRST | 2026-10-25T00:30:00Z | 02:30"
            + " | DST: 02:30 comes twice in Europe/Berlin on 2026-10-25, second pass",
        "30 * * * *     | SHIFT | FIRST | 2027-03-28T00:30:00Z | 03:30 |",
        "0 3 * * *      | SHIFT | FIRST | 2027-03-27T12:00:00Z | 03:00 |",
        "0 3 * * *      | SHIFT | FIRST | 2026-10-24T12:00:00Z | 03:00 |",
      })
  void tellsWhatDaylightSavingTimeDoes(
      String expression,
      GapPolicy gap,
      OverlapPolicy overlap,
      Instant from,
      String local,
      String note)
      throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b").cron("f", expression, BERLIN).dst(gap, overlap).build();
    Coming coming = NextTimes.coming(timeline, from, 1).getFirst();
    assertThat(coming.local().getFirst().toLocalTime()).hasToString(local);
    assertThat(coming.notes()).isEqualTo(note == null ? List.of() : List.of(note));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "2027-01-01T00:00:00Z |",
        "2027-01-03T00:00:00Z |",
        "2027-01-03T03:00:00Z | next 2027-01-05T03:00:00Z: 1 instant before it is excluded",
        "2027-01-04T02:59:59Z | next 2027-01-05T03:00:00Z: 1 instant before it is excluded",
        "2027-01-04T03:00:00Z |",
        "2027-01-09T03:00:00Z | next 2027-01-13T03:00:00Z: 3 instants before it are excluded",
        "2026-12-31T02:59:59Z | next 2027-01-01T03:00:00Z: nothing is due before 2027-01-01T00:00:00Z",
        "2026-12-31T03:00:00Z |",
        "0001-01-01T00:00:00Z | next 2027-01-01T03:00:00Z: nothing is due before 2027-01-01T00:00:00Z",
        "2027-01-20T03:00:00Z | every instant to come is excluded",
        "2027-01-21T03:00:00Z |",
      })
  void tellsWhatHoldsTheNextRunBack(Instant after, String why) throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b")
            .cron("f", "0 3 * * *", ZoneId.of("UTC"))
            .exclude(Instant.parse("2027-01-04T00:00:00Z"), Instant.parse("2027-01-05T00:00:00Z"))
            .exclude(Instant.parse("2027-01-10T00:00:00Z"), Instant.parse("2027-01-13T03:00:00Z"))
            .exclude(Instant.parse("2027-01-21T00:00:00Z"), Instant.parse("2028-01-01T00:00:00Z"))
            .notBefore(Instant.parse("2027-01-01T00:00:00Z"))
            .notAfter(Instant.parse("2027-01-21T04:00:00Z"))
            .build();

    assertThat(NextTimes.heldBack(timeline, after)).isEqualTo(Optional.ofNullable(why));
  }

  @Test
  void namesBothAndCountsToAHundred() throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b")
            .every("f", Duration.ofSeconds(1), Duration.ZERO)
            .exclude(Instant.EPOCH, Instant.parse("2027-01-10T00:00:00Z"))
            .notBefore(Instant.parse("2027-01-01T00:00:00Z"))
            .build();

    assertThat(NextTimes.heldBack(timeline, Instant.EPOCH))
        .contains(
            "next 2027-01-10T00:00:00Z: nothing is due before 2027-01-01T00:00:00Z, more than 100"
                + " instants before it are excluded");
  }

  @Test
  void tellsOfADayThatWasLeftOut() throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b").cron("f", "0 3 * * *", ZoneId.of("Pacific/Apia")).build();
    assertThat(NextTimes.coming(timeline, Instant.parse("2011-12-30T00:00:00Z"), 1))
        .flatExtracting(Coming::notes)
        .containsExactly(
            "DST: 03:00 does not exist in Pacific/Apia on 2011-12-30, shifted to 00:00 on"
                + " 2011-12-31");
  }

  @Test
  void showsEveryZoneExclusionsAndStarts() throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b")
            .cron("f", "0 12 * * *", BERLIN)
            .cron("f", "0 18 * * *", ZoneId.of("America/New_York"))
            .cron("f", "0 19 * * *", BERLIN)
            .jitter(Duration.ofHours(1))
            .exclude(Instant.parse("2020-01-01T00:00:00Z"), Instant.parse("2020-01-02T00:00:00Z"))
            .exclude("f", "0 0 * * 1", BERLIN, Duration.ofHours(24))
            .build();
    // A Sunday, then the Monday that is excluded.
    List<Coming> coming = NextTimes.coming(timeline, Instant.parse("2026-11-08T12:00:00Z"), 3);
    assertThat(coming)
        .extracting(Coming::instant)
        .containsExactly(
            Instant.parse("2026-11-08T18:00:00Z"),
            Instant.parse("2026-11-08T23:00:00Z"),
            Instant.parse("2026-11-09T11:00:00Z"));
    assertThat(coming.get(1).local())
        .extracting(Object::toString)
        .containsExactly(
            "2026-11-09T00:00+01:00[Europe/Berlin]", "2026-11-08T18:00-05:00[America/New_York]");
    assertThat(coming).extracting(Coming::excluded).containsExactly(false, true, true);
    assertThat(coming.get(2).notes()).containsExactly("excluded by exclusions[1]");
    assertThat(coming)
        .allSatisfy(c -> assertThat(c.start()).isEqualTo(timeline.startOf(c.instant())));
  }

  @Test
  void endsWhereTheScheduleEnds() throws InvalidScheduleException {
    Instant once = Instant.parse("2026-12-01T03:00:00Z");
    List<Coming> coming =
        NextTimes.coming(Timeline.builder("a/b").at(once).build(), Instant.EPOCH, 5);
    assertThat(coming).hasSize(1);
    assertThat(coming.getFirst().kind()).isEqualTo(TriggerKind.AT);
    assertThat(coming.getFirst().local().getFirst()).hasToString("2026-12-01T03:00Z");
  }
}
