package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimelineTest {
  private static final ZoneId UTC = ZoneOffset.UTC;
  private static final Duration ZERO = Duration.ZERO;

  /** Local clocks that were set by half an hour, by a day, at midnight. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // 2026-10-04 02:00 became 02:30; 2027-04-04 02:00 became 01:30.
        "Australia/Lord_Howe | 15 2 * * * | 2026-10-02T15:45:00Z | 2026-10-03T15:30:00Z",
        "Australia/Lord_Howe | 30 2 * * * | 2026-10-02T16:00:00Z | 2026-10-03T15:30:00Z",
        "Australia/Lord_Howe | 45 1 * * * | 2027-04-02T14:45:00Z | 2027-04-03T14:45:00Z",
        "Australia/Lord_Howe | 45 1 * * * | 2027-04-03T14:45:00Z | 2027-04-04T15:15:00Z",
        "Australia/Lord_Howe | 45 * * * * | 2027-04-03T14:45:00Z | 2027-04-03T15:15:00Z",
        // 2011-12-30 was left out.
        "Pacific/Apia        | 0 3 30 * * | 2011-11-30T13:00:00Z | 2011-12-30T10:00:00Z",
        "Pacific/Apia        | 0 3 * * *  | 2011-12-29T13:00:00Z | 2011-12-30T10:00:00Z",
        "Pacific/Apia        | 0 3 * * *  | 2011-12-30T10:00:00Z | 2011-12-30T13:00:00Z",
        "Pacific/Apia        | 0 0 * * 5  | 2011-12-29T00:00:00Z | 2011-12-30T10:00:00Z",
        "Pacific/Apia        | 0 * * * *  | 2011-12-30T09:00:00Z | 2011-12-30T10:00:00Z",
        // 1993-08-21 was left out.
        "Pacific/Kwajalein   | 0 9 21 8 * | 1993-01-01T00:00:00Z | 1993-08-21T12:00:00Z",
        // 2026-09-06 00:00 became 01:00; 2027-04-04 00:00 became 2027-04-03 23:00.
        "America/Santiago    | 0 0 * * *  | 2026-09-05T04:00:00Z | 2026-09-06T04:00:00Z",
        "America/Santiago    | 59 23 * * 6 | 2027-04-02T00:00:00Z | 2027-04-04T02:59:00Z",
        "America/Santiago    | 59 23 * * 6 | 2027-04-04T02:59:00Z | 2027-04-11T03:59:00Z",
        // 2027-03-28 02:00 became 03:00: what the gap holds fires once, at its end.
        "Europe/Berlin       | */20 2 * * * | 2027-03-27T01:40:00Z | 2027-03-28T01:00:00Z",
        "Europe/Berlin       | */20 2 * * * | 2027-03-28T01:00:00Z | 2027-03-29T00:00:00Z",
        "Europe/Berlin       | 0 2,3 * * * | 2027-03-27T02:00:00Z | 2027-03-28T01:00:00Z",
        "Europe/Berlin       | 0 2,3 * * * | 2027-03-28T01:00:00Z | 2027-03-29T00:00:00Z",
        "Europe/Berlin       | 30 * * * * | 2027-03-28T00:30:00Z | 2027-03-28T01:30:00Z",
        "Europe/Berlin       | 0 0-23 * * * | 2026-10-25T00:00:00Z | 2026-10-25T01:00:00Z",
        "Europe/Berlin       | 0 0-22 * * * | 2026-10-25T00:00:00Z | 2026-10-25T02:00:00Z",
        // Local mean time, in seconds.
        "Europe/Berlin       | 0 3 * * *  | 1890-01-01T00:00:00Z | 1890-01-01T02:06:32Z",
      })
  void theClocksOfOddPlacesFollowTheSameRule(
      String zone, String expression, Instant after, Instant expected)
      throws InvalidScheduleException {
    assertThat(instants(cron(expression, zone).build(), after, 1)).containsExactly(expected);
  }

  @Test
  void whatAGapHoldsMayBeSkippedAndWhatComesTwiceMayFireTwice() throws InvalidScheduleException {
    Timeline timeline =
        cron("30 2 * * *", "Europe/Berlin").dst(GapPolicy.SKIP, OverlapPolicy.BOTH).build();
    assertThat(instants(timeline, Instant.parse("2027-03-27T12:00:00Z"), 1))
        .containsExactly(Instant.parse("2027-03-29T00:30:00Z"));
    assertThat(instants(timeline, Instant.parse("2026-10-24T12:00:00Z"), 3))
        .containsExactly(
            Instant.parse("2026-10-25T00:30:00Z"),
            Instant.parse("2026-10-25T01:30:00Z"),
            Instant.parse("2026-10-26T01:30:00Z"));
  }

  @Test
  void triggersAreUnitedAndEqualInstantsFireOnce() throws InvalidScheduleException {
    Timeline timeline =
        cron("0 3 * * *", "UTC")
            .cron("f", "0 4 * * *", ZoneId.of("Europe/London"))
            .every("f", Duration.ofHours(12), Duration.ofHours(3))
            .at(Instant.parse("2026-07-01T03:00:00.9Z"))
            .at(Instant.parse("2026-07-01T05:00:00Z"))
            .build();
    List<Occurrence> found = new ArrayList<>();
    Optional<Occurrence> next = timeline.next(Instant.parse("2026-07-01T02:59:59.999Z"));
    while (found.size() < 4) {
      found.add(next.orElseThrow());
      next = timeline.next(next.orElseThrow().instant());
    }
    assertThat(found)
        .containsExactly(
            new Occurrence(Instant.parse("2026-07-01T03:00:00Z"), TriggerKind.CRON, false),
            new Occurrence(Instant.parse("2026-07-01T05:00:00Z"), TriggerKind.AT, false),
            new Occurrence(Instant.parse("2026-07-01T15:00:00Z"), TriggerKind.EVERY, false),
            new Occurrence(Instant.parse("2026-07-02T03:00:00Z"), TriggerKind.CRON, false));
  }

  @ParameterizedTest
  @CsvSource({
    "21600, 900, 1969-12-31T12:15:00Z",
    "21600, 86400, 1969-12-31T18:00:00Z",
    "21600, 22500, 1969-12-31T12:15:00Z",
    "1, 0, 1969-12-31T12:00:01Z",
    "7, 3, 1969-12-31T12:00:06Z",
  })
  void periodsAreCountedFromTheEpochAlsoBeforeIt(long period, long offset, Instant expected)
      throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b")
            .every("f", Duration.ofSeconds(period), Duration.ofSeconds(offset))
            .build();
    Instant found = instants(timeline, Instant.parse("1969-12-31T12:00:00Z"), 1).getFirst();
    assertThat(found).isEqualTo(expected);
    assertThat(Math.floorMod(found.getEpochSecond() - offset, period)).isZero();
  }

  @Test
  void validityIncludesBothItsEnds() throws InvalidScheduleException {
    Timeline timeline =
        cron("0 3 * * *", "UTC")
            .notBefore(Instant.parse("2026-11-01T03:00:00Z"))
            .notAfter(Instant.parse("2026-11-03T03:00:00Z"))
            .build();
    assertThat(instants(timeline, Instant.MIN, 9))
        .containsExactly(
            Instant.parse("2026-11-01T03:00:00Z"),
            Instant.parse("2026-11-02T03:00:00Z"),
            Instant.parse("2026-11-03T03:00:00Z"));
    assertThat(timeline.next(Instant.parse("2026-11-03T03:00:00Z"))).isEmpty();
  }

  @Test
  void fractionsOfASecondInTheValidityAreKept() throws InvalidScheduleException {
    Timeline timeline =
        cron("0 3 * * *", "UTC")
            .notBefore(Instant.parse("2026-11-01T03:00:00.001Z"))
            .notAfter(Instant.parse("2026-11-03T02:59:59.999Z"))
            .build();
    assertThat(instants(timeline, Instant.MIN, 9))
        .containsExactly(Instant.parse("2026-11-02T03:00:00Z"));
  }

  @Test
  void exclusionsFlagFromTheirBeginToBeforeTheirEnd() throws InvalidScheduleException {
    Timeline timeline =
        cron("0 * * * *", "UTC")
            .exclude(Instant.parse("2026-11-01T03:00:00Z"), Instant.parse("2026-11-01T05:00:00Z"))
            .exclude("f", "0 7 * * *", UTC, Duration.ofMillis(3_600_001))
            .build();
    Instant from = Instant.parse("2026-11-01T01:00:00Z");
    List<Boolean> flags = new ArrayList<>();
    for (int hour = 0; hour < 8; hour++) {
      flags.add(timeline.next(from.plusSeconds(3600L * hour)).orElseThrow().excluded());
    }
    // From two to nine o'clock.
    assertThat(flags).containsExactly(false, true, true, false, false, true, true, false);
    assertThat(timeline.nextRun(Instant.parse("2026-11-01T02:00:00Z")).orElseThrow().instant())
        .isEqualTo("2026-11-01T05:00:00Z");
  }

  @Test
  void aWindowThatBeginsInAGapBeginsAtTheTransitionEvenIfTriggersSkipIt()
      throws InvalidScheduleException {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    Timeline timeline =
        Timeline.builder("a/b")
            .cron("f", "*/30 * * * *", berlin)
            .dst(GapPolicy.SKIP, OverlapPolicy.FIRST)
            .exclude("f", "30 2 * * *", berlin, Duration.ofHours(1))
            .build();
    assertThat(timeline.nextRun(Instant.parse("2027-03-28T00:30:00Z")).orElseThrow().instant())
        .isEqualTo("2027-03-28T02:00:00Z");
  }

  @Test
  void exclusionsThatLeaveNothingFreeEndTheSearch() throws InvalidScheduleException {
    Timeline timeline =
        cron("0 3 * * *", "UTC").exclude("f", "0 0 * * *", UTC, Duration.ofHours(24)).build();
    Instant now = Instant.parse("2026-11-01T03:00:00Z");
    assertThat(timeline.next(now)).map(Occurrence::excluded).contains(true);
    assertThat(timeline.nextRun(now)).isEmpty();
  }

  @Test
  void aLongExclusionIsPassedInOneStep() throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b")
            .every("f", Duration.ofSeconds(1), ZERO)
            .exclude(Instant.parse("2026-01-01T00:00:00Z"), Instant.parse("2999-01-01T00:00:00Z"))
            .build();
    assertThat(timeline.nextRun(Instant.parse("2026-06-01T00:00:00Z")).orElseThrow().instant())
        .isEqualTo("2999-01-01T00:00:00Z");
  }

  @Test
  void windowsThatOverlapArePassedTogether() throws InvalidScheduleException {
    Timeline timeline =
        cron("* * * * *", "UTC").exclude("f", "* * * 1-11 *", UTC, Duration.ofHours(9)).build();
    assertThat(timeline.nextRun(Instant.parse("2026-01-01T00:00:00Z")).orElseThrow().instant())
        .isEqualTo("2026-12-01T08:59:00Z");
  }

  @Test
  void timesAreBoundedToWhatCanBeWritten() throws InvalidScheduleException {
    List<Timeline> timelines =
        List.of(
            cron("* * * * *", "Europe/Berlin").build(),
            cron("0 0 29 2 *", "America/New_York").build(),
            Timeline.builder("a/b").every("f", Duration.ofHours(1), ZERO).build());
    for (Timeline timeline : timelines) {
      Instant first = timeline.next(Instant.MIN).orElseThrow().instant();
      assertThat(first).isBetween("-0001-12-31T00:00:00Z", "0000-03-01T06:00:00Z");
      assertThat(timeline.next(Instant.EPOCH.minusSeconds(1))).isPresent();
      assertThat(timeline.next(Instant.parse("9999-12-31T23:59:59Z"))).isEmpty();
      assertThat(timeline.next(Instant.parse("9999-12-31T23:59:59Z").plusNanos(1))).isEmpty();
      assertThat(timeline.next(Instant.MAX)).isEmpty();
      assertThat(timeline.nextRun(Instant.MAX)).isEmpty();
    }
  }

  @Test
  void aFarDayIsFoundThroughManyChangesOfClocks() throws InvalidScheduleException {
    Timeline timeline = cron("30 2 29 2 *", "Europe/Berlin").build();
    assertThat(instants(timeline, Instant.parse("2896-03-01T00:00:00Z"), 1))
        .containsExactly(Instant.parse("2904-02-29T01:30:00Z"));
  }

  @Test
  void withoutTriggersNothingIsDue() throws InvalidScheduleException {
    Timeline timeline = Timeline.builder("a/b").build();
    assertThat(timeline.next(Instant.EPOCH)).isEmpty();
    assertThat(timeline.nextRun(Instant.EPOCH)).isEmpty();
    assertThat(timeline.summary()).isEmpty();
  }

  @Test
  void aSummaryNamesTheFirstTriggerAndCountsTheOthers() throws InvalidScheduleException {
    assertThat(cron(" 0  3 * * 1-5 ", "UTC").build().summary()).isEqualTo("0 3 * * 1-5");
    assertThat(cron("H 3 * * *", "UTC").build().summary()).isEqualTo("H 3 * * *");
    assertThat(cron("@daily", "UTC").build().summary()).isEqualTo("@daily");
    assertThat(cron("@every 90m", "UTC").build().summary()).isEqualTo("every 1h30m");
    assertThat(
            Timeline.builder("a/b")
                .every("f", Duration.ofHours(6), Duration.ofMinutes(15))
                .build()
                .summary())
        .isEqualTo("every 6h+15m");
    assertThat(Timeline.builder("a/b").at(Instant.parse("2026-12-01T03:00:00Z")).build().summary())
        .isEqualTo("at 2026-12-01T03:00:00Z");
    assertThat(
            cron("H 3 * * *", "UTC")
                .at(Instant.EPOCH)
                .at(Instant.EPOCH)
                .every("f", Duration.ofHours(1), ZERO)
                .build()
                .summary())
        .isEqualTo("H 3 * * * and 3 more");
  }

  @Test
  void refusesWhatMakesNoSense() {
    Instant early = Instant.parse("2026-01-01T00:00:00Z");
    Instant late = Instant.parse("2026-02-01T00:00:00Z");
    refused(
        Timeline.builder("a/b").every("spec.triggers[0].every", Duration.ofMillis(500), ZERO),
        "InvalidSchedule",
        "spec.triggers[0].every: \"500ms\" is not a period; allowed are whole seconds from 1s on");
    refused(
        Timeline.builder("a/b").every("f", Duration.ofSeconds(-1), ZERO),
        "InvalidSchedule",
        "f: \"-1s\" is not a period; allowed are whole seconds from 1s on");
    refused(
        Timeline.builder("a/b").every("f", Duration.ofSeconds(Long.MAX_VALUE), ZERO),
        "InvalidSchedule",
        "f: \"2562047788015215h30m7s\" is not a period; allowed are whole seconds from 1s on");
    refused(
        Timeline.builder("a/b").every("f", Duration.ofHours(1), Duration.ofMillis(1)),
        "InvalidSchedule",
        "f: \"1h\" has an offset of 1ms; allowed are whole seconds from 0s on");
    refused(
        cron("* * * * *", "UTC").jitter(Duration.ofSeconds(-1)),
        "InvalidSchedule",
        "jitter: \"-1s\" is negative; allowed is 0s or more");
    refused(
        cron("* * * * *", "UTC").exclude(early, late).exclude(late, late),
        "InvalidSchedule",
        "exclusions[1]: \"2026-02-01T00:00:00Z/2026-02-01T00:00:00Z\" is no window; allowed is a"
            + " from before its to");
    refused(
        cron("* * * * *", "UTC").exclude("spec.exclusions[0].cron", "0 0 * * 6", UTC, ZERO),
        "InvalidSchedule",
        "spec.exclusions[0].cron: \"0 0 * * 6\" has a duration of 0s; allowed is more than 0s");
    refused(
        cron("* * * * *", "UTC").exclude("x", "0 0 30 2 *", UTC, Duration.ofHours(1)),
        "NeverFires",
        "x: \"0 0 30 2 *\" never fires: none of its months has one of its days");
    refused(
        cron("0 0 1 3 *", "UTC").notBefore(early).notAfter(late),
        "NeverFires",
        "notAfter: \"2026-02-01T00:00:00Z\" leaves no instant of a/b that could fire");
    refused(
        Timeline.builder("a/b").at(early).notBefore(late),
        "NeverFires",
        "notBefore: \"2026-02-01T00:00:00Z\" leaves no instant of a/b that could fire");
  }

  private static void refused(Timeline.Builder builder, String reason, String message) {
    assertThatExceptionOfType(InvalidScheduleException.class)
        .isThrownBy(builder::build)
        .withMessage(message)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  private static Timeline.Builder cron(String expression, String zone) {
    return Timeline.builder("a/b").cron("f", expression, ZoneId.of(zone));
  }

  private static List<Instant> instants(Timeline timeline, Instant after, int count) {
    List<Instant> instants = new ArrayList<>();
    Optional<Occurrence> next = timeline.next(after);
    while (next.isPresent() && instants.size() < count) {
      instants.add(next.get().instant());
      next = timeline.next(next.get().instant());
    }
    return instants;
  }
}
