package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** H, as Jenkins has it. */
class HashedFieldsTest {
  /** 2024 begins on a Monday. */
  private static final Instant FROM = Instant.parse("2023-12-31T23:59:59Z");

  /** These values are a promise: who changes the hash moves every schedule that uses H. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "team-a/image-audit | H H * * *         | 24-01-01T22:57 24-01-02T22:57 24-01-03T22:57 24-01-04T22:57",
        "team-a/image-audit | H/15 3 * * *      | 24-01-01T03:12 24-01-01T03:27 24-01-01T03:42 24-01-01T03:57",
        "team-a/image-audit | H(0-29)/10 3 * * * | 24-01-01T03:07 24-01-01T03:17 24-01-01T03:27 24-01-02T03:07",
        "team-a/image-audit | H H H H *         | 24-07-28T22:57 25-07-28T22:57 26-07-28T22:57 27-07-28T22:57",
        "team-a/image-audit | 0 H * * H         | 24-01-05T22:00 24-01-12T22:00 24-01-19T22:00 24-01-26T22:00",
        "team-a/secrets     | H H * * *         | 24-01-01T06:15 24-01-02T06:15 24-01-03T06:15 24-01-04T06:15",
        "team-b/image-audit | H H * * *         | 24-01-01T18:30 24-01-02T18:30 24-01-03T18:30 24-01-04T18:30",
      })
  void theSlotOfAScheduleNeverChanges(String identity, String expression, String expected)
      throws InvalidScheduleException {
    List<String> found =
        instants(identity, expression, 4).stream()
            .map(instant -> instant.toString().substring(2, 16))
            .toList();
    assertThat(String.join(" ", found)).isEqualTo(expected);
  }

  @Test
  void aThousandDailySchedulesSpreadOverTheDay() throws InvalidScheduleException {
    Integer[] perHour = zeros(24);
    Integer[] perMinute = zeros(60);
    Set<Instant> slots = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      Instant slot = instants("team-" + i % 20 + "/scan-" + i, "H H * * *", 1).getFirst();
      slots.add(slot);
      perHour[slot.atOffset(ZoneOffset.UTC).getHour()]++;
      perMinute[slot.atOffset(ZoneOffset.UTC).getMinute()]++;
    }
    // A thousand even draws: 41.7 in an hour (deviation 6.3), 16.7 in a minute (4.1), and 722
    // distinct ones of 1440 (11).
    assertThat(perHour).allSatisfy(count -> assertThat(count).isBetween(20, 67));
    assertThat(perMinute).allSatisfy(count -> assertThat(count).isBetween(3, 35));
    assertThat(slots).hasSizeBetween(670, 775);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b", "team-a/scan", "x/y", ""})
  void everyFormStaysWithinItsField(String identity) throws InvalidScheduleException {
    for (OffsetDateTime at : times(identity, "H(10-19) H(3-3) * * *")) {
      assertThat(at.getMinute()).isBetween(10, 19);
      assertThat(at.getHour()).isEqualTo(3);
    }
    for (OffsetDateTime at : times(identity, "0 0 H * *")) {
      assertThat(at.getDayOfMonth()).isBetween(1, 28);
    }
    assertThat(times(identity, "0 0 H * *").get(12).getMonthValue()).isEqualTo(1);
    // From 1 to 28 in steps of seven: four a month.
    List<OffsetDateTime> weeks = times(identity, "0 0 H/7 * *");
    assertThat(weeks.subList(0, 4)).allSatisfy(at -> assertThat(at.getMonthValue()).isEqualTo(1));
    assertThat(weeks.get(4).getMonthValue()).isEqualTo(2);
    List<OffsetDateTime> quarters = times(identity, "H/15 * * * *");
    assertThat(quarters.getFirst().getMinute()).isBetween(0, 14);
    for (int i = 1; i < quarters.size(); i++) {
      assertThat(Duration.between(quarters.get(i - 1), quarters.get(i))).hasMinutes(15);
    }
    List<OffsetDateTime> ranged = times(identity, "H(0-29)/10 0 * * *");
    assertThat(ranged.getFirst().getMinute()).isBetween(0, 9);
    assertThat(ranged.get(2).getMinute()).isBetween(20, 29);
    assertThat(ranged.get(3).getDayOfMonth()).isEqualTo(2);
    // A step of one leaves no choice.
    assertThat(times(identity, "H/1 0 * * *").get(17).getMinute()).isEqualTo(17);
  }

  @Test
  void eachFieldIsHashedForItselfAndTheSameInEachExpression() throws InvalidScheduleException {
    int equal = 0;
    for (int i = 0; i < 240; i++) {
      OffsetDateTime both = times("a/" + i, "H(0-23) H * * *").getFirst();
      assertThat(times("a/" + i, "0 h * * *").getFirst().getHour()).isEqualTo(both.getHour());
      assertThat(times("a/" + i, "h,H 0 * * *").getFirst().getMinute())
          .isEqualTo(times("a/" + i, "H * * * *").getFirst().getMinute());
      equal += both.getMinute() == both.getHour() ? 1 : 0;
    }
    assertThat(equal).isLessThan(40);
  }

  private static List<OffsetDateTime> times(String identity, String expression)
      throws InvalidScheduleException {
    return instants(identity, expression, 20).stream()
        .map(instant -> instant.atOffset(ZoneOffset.UTC))
        .toList();
  }

  private static List<Instant> instants(String identity, String expression, int count)
      throws InvalidScheduleException {
    Timeline timeline = Timeline.builder(identity).cron("f", expression, ZoneOffset.UTC).build();
    List<Instant> instants = new ArrayList<>();
    Instant cursor = FROM;
    for (int i = 0; i < count; i++) {
      cursor = timeline.next(cursor).orElseThrow().instant();
      instants.add(cursor);
    }
    return instants;
  }

  private static Integer[] zeros(int size) {
    return Collections.nCopies(size, 0).toArray(Integer[]::new);
  }
}
