package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions as a CronJob understands them, and what it would refuse. */
class CronDialectTest {

  /** 2026-11-01 is a Sunday. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // Lists, ranges, steps.
        "1,2,5 0 * * *      | 11-01T00:01 11-01T00:02 11-01T00:05 11-02T00:01",
        "58-59 * * * *      | 11-01T00:58 11-01T00:59 11-01T01:58 11-01T01:59",
        "*/25 * * * *       | 11-01T00:00 11-01T00:25 11-01T00:50 11-01T01:00",
        "10-40/15 * * * *   | 11-01T00:10 11-01T00:25 11-01T00:40 11-01T01:10",
        // N/step counts from N to the end.
        "50/4 * * * *       | 11-01T00:50 11-01T00:54 11-01T00:58 11-01T01:50",
        "0 0 * * 4/1        | 11-05T00:00 11-06T00:00 11-07T00:00 11-12T00:00",
        // A step beyond the end leaves the begin.
        "*/100 0 * * *      | 11-01T00:00 11-02T00:00 11-03T00:00 11-04T00:00",
        "5/60 0 * * *       | 11-01T00:05 11-02T00:05 11-03T00:05 11-04T00:05",
        "5-9/60 0 * * *     | 11-01T00:05 11-02T00:05 11-03T00:05 11-04T00:05",
        "0 0 */31 * *       | 11-01T00:00 12-01T00:00 01-01T00:00 02-01T00:00",
        "0 0 */40 * *       | 11-01T00:00 12-01T00:00 01-01T00:00 02-01T00:00",
        // Kubernetes ignores empty items.
        "1,,2, 0 * * *      | 11-01T00:01 11-01T00:02 11-02T00:01 11-02T00:02",
        "007 0 * * *        | 11-01T00:07 11-02T00:07 11-03T00:07 11-04T00:07",
        "  0   0\t*  * *    | 11-01T00:00 11-02T00:00 11-03T00:00 11-04T00:00",
        // Names.
        "0 0 1 JAN,mar-Apr * | 01-01T00:00 03-01T00:00 04-01T00:00 01-01T00:00",
        "0 0 * * mon-WED    | 11-02T00:00 11-03T00:00 11-04T00:00 11-09T00:00",
        "0 0 * * sun-mon    | 11-01T00:00 11-02T00:00 11-08T00:00 11-09T00:00",
        "0 0 * * sun-sun    | 11-01T00:00 11-08T00:00 11-15T00:00 11-22T00:00",
        "0 0 * * 0-sun      | 11-01T00:00 11-08T00:00 11-15T00:00 11-22T00:00",
        "0 0 * * SUN/3      | 11-01T00:00 11-04T00:00 11-07T00:00 11-08T00:00",
        // Sunday is 0 and 7; a week's steps end on Saturday.
        "0 0 * * 0          | 11-01T00:00 11-08T00:00 11-15T00:00 11-22T00:00",
        "0 0 * * 7          | 11-01T00:00 11-08T00:00 11-15T00:00 11-22T00:00",
        "0 0 * * 6-7        | 11-01T00:00 11-07T00:00 11-08T00:00 11-14T00:00",
        "0 0 * * sat-sun    | 11-01T00:00 11-07T00:00 11-08T00:00 11-14T00:00",
        "0 0 * * 1/2        | 11-02T00:00 11-04T00:00 11-06T00:00 11-09T00:00",
        "0 0 * * 7/2        | 11-01T00:00 11-08T00:00 11-15T00:00 11-22T00:00",
        // Both days restricted: either is enough.
        "0 0 13 * 5         | 11-06T00:00 11-13T00:00 11-20T00:00 11-27T00:00",
        "0 0 10 * 5         | 11-06T00:00 11-10T00:00 11-13T00:00 11-20T00:00",
        "0 0 10 * ?         | 11-10T00:00 12-10T00:00 01-10T00:00 02-10T00:00",
        "0 0 ? * 5          | 11-06T00:00 11-13T00:00 11-20T00:00 11-27T00:00",
        "0 0 */1 * 5        | 11-06T00:00 11-13T00:00 11-20T00:00 11-27T00:00",
        "0 0 *,3 * 5        | 11-06T00:00 11-13T00:00 11-20T00:00 11-27T00:00",
        "0 0 */10 * 5       | 11-01T00:00 11-06T00:00 11-11T00:00 11-13T00:00",
        "0 0 1-31 * 5       | 11-01T00:00 11-02T00:00 11-03T00:00 11-04T00:00",
        "0 0 1/1 * 5        | 11-01T00:00 11-02T00:00 11-03T00:00 11-04T00:00",
        "0 0 ?/2 * *        | 11-01T00:00 11-03T00:00 11-05T00:00 11-07T00:00",
        // Months without such a day.
        "0 0 31 * *         | 12-31T00:00 01-31T00:00 03-31T00:00 05-31T00:00",
        "0 0 30 2 1         | 02-01T00:00 02-08T00:00 02-15T00:00 02-22T00:00",
        // Macros.
        "@yearly            | 01-01T00:00 01-01T00:00 01-01T00:00 01-01T00:00",
        "@annually          | 01-01T00:00 01-01T00:00 01-01T00:00 01-01T00:00",
        "@monthly           | 11-01T00:00 12-01T00:00 01-01T00:00 02-01T00:00",
        "@weekly            | 11-01T00:00 11-08T00:00 11-15T00:00 11-22T00:00",
        "@daily             | 11-01T00:00 11-02T00:00 11-03T00:00 11-04T00:00",
        "@midnight          | 11-01T00:00 11-02T00:00 11-03T00:00 11-04T00:00",
        "@hourly            | 11-01T00:00 11-01T01:00 11-01T02:00 11-01T03:00",
        "@every 1h30m       | 11-01T00:00 11-01T01:30 11-01T03:00 11-01T04:30",
        "@every 1.5h        | 11-01T00:00 11-01T01:30 11-01T03:00 11-01T04:30",
        "@every 5400000ms   | 11-01T00:00 11-01T01:30 11-01T03:00 11-01T04:30",
      })
  void fires(String expression, String expected) throws InvalidScheduleException {
    Timeline timeline = Timeline.builder("a/b").cron("f", expression, ZoneOffset.UTC).build();
    List<String> found = new ArrayList<>();
    Instant cursor = Instant.parse("2026-10-31T23:59:59Z");
    for (int i = 0; i < 4; i++) {
      cursor = timeline.next(cursor).orElseThrow().instant();
      found.add(cursor.toString().substring(5, 16));
    }
    assertThat(String.join(" ", found)).isEqualTo(expected);
  }

  @Test
  void theTwentyNinthOfFebruaryIsFoundAcrossAYearThatIsNoLeapYear()
      throws InvalidScheduleException {
    Timeline timeline = Timeline.builder("a/b").cron("f", "0 0 29 2 *", ZoneOffset.UTC).build();
    assertThat(timeline.next(Instant.parse("2096-03-01T00:00:00Z")).orElseThrow().instant())
        .isEqualTo("2104-02-29T00:00:00Z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "61 * * * *        | minute \"61\"; allowed are 0-59",
        "0 24 * * *        | hour \"24\"; allowed are 0-23",
        "0 0 0 * *         | day of month \"0\"; allowed are 1-31",
        "0 0 32 * *        | day of month \"32\"; allowed are 1-31",
        "0 0 * 13 *        | month \"13\"; allowed are 1-12, JAN-DEC",
        "0 0 * * 8         | day of week \"8\"; allowed are 0-7, SUN-SAT",
        "0 0 * * 0-8       | day of week \"0-8\"; allowed are 0-7, SUN-SAT",
        "5-1 * * * *       | minute \"5-1\"; allowed are 0-59",
        "0 22-4 * * *      | hour \"22-4\"; allowed are 0-23",
        "0 0 * * fri-mon   | day of week \"fri-mon\"; allowed are 0-7, SUN-SAT",
        "*/0 * * * *       | minute \"*/0\"; allowed are 0-59",
        "*/-5 * * * *      | minute \"*/-5\"; allowed are 0-59",
        "/5 * * * *        | minute \"/5\"; allowed are 0-59",
        "*/ * * * *        | minute \"*/\"; allowed are 0-59",
        "-5 * * * *        | minute \"-5\"; allowed are 0-59",
        "+5 * * * *        | minute \"+5\"; allowed are 0-59",
        "5- * * * *        | minute \"5-\"; allowed are 0-59",
        "1-2-3 * * * *     | minute \"1-2-3\"; allowed are 0-59",
        "1/2/3 * * * *     | minute \"1/2/3\"; allowed are 0-59",
        "1.5 * * * *       | minute \"1.5\"; allowed are 0-59",
        "99999999999 * * * * | minute \"99999999999\"; allowed are 0-59",
        "*/99999999999 * * * * | minute \"*/99999999999\"; allowed are 0-59",
        "9-70/80 * * * *   | minute \"9-70/80\"; allowed are 0-59",
        ", * * * *         | minute \",\"; allowed are 0-59",
        "MON * * * *       | minute \"MON\"; allowed are 0-59",
        "٣ * * * *         | minute \"٣\"; allowed are 0-59",
        "0 0 * janx *      | month \"janx\"; allowed are 1-12, JAN-DEC",
        "0 0 * * monday    | day of week \"monday\"; allowed are 0-7, SUN-SAT",
        "0 0 L * *         | day of month \"L\"; allowed are 1-31",
        "0 0 15W * *       | day of month \"15W\"; allowed are 1-31",
        "0 0 * * 1#2       | day of week \"1#2\"; allowed are 0-7, SUN-SAT",
        "H(0-60) * * * *   | minute \"H(0-60)\"; allowed are 0-59",
        "H(9-3) * * * *    | minute \"H(9-3)\"; allowed are 0-59",
        "H/0 * * * *       | minute \"H/0\"; allowed are 0-59",
        "H/61 * * * *      | minute \"H/61\"; allowed are 0-59",
        "H(0-9)/11 * * * * | minute \"H(0-9)/11\"; allowed are 0-59",
        "H5 * * * *        | minute \"H5\"; allowed are 0-59",
        "0 0 H(0-5) * *    | day of month \"H(0-5)\"; allowed are 1-31",
      })
  void refusesAFieldNamingIt(String expression, String problem) {
    assertThatExceptionOfType(InvalidScheduleException.class)
        .isThrownBy(
            () -> Timeline.builder("a/b").cron("spec.schedule", expression, ZoneOffset.UTC).build())
        .withMessage(
            "spec.schedule: \"%s\" is not a cron expression: %s, *, lists (a,b), ranges (a-b),"
                + " steps (*/n) and H",
            expression, problem)
        .satisfies(
            e -> {
              assertThat(e.reason()).isEqualTo("InvalidSchedule");
              assertThat(e.field()).isEqualTo("spec.schedule");
              assertThat(e.value()).isEqualTo(expression);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = true,
      value = {
        "'' | InvalidSchedule | is empty; a cron expression has five fields, such as 0 3 * * 1-5",
        "'  ' | InvalidSchedule | is empty; a cron expression has five fields, such as 0 3 * * 1-5",
        "0 | InvalidSchedule | has 1 field; a cron expression has five: minute, hour, day of month,"
            + " month, day of week",
        "* * * * | InvalidSchedule | has 4 fields; a cron expression has five: minute, hour, day of"
            + " month, month, day of week",
        "0 0 * * * * | InvalidSchedule | has 6 fields; a cron expression has five: minute, hour,"
            + " day of month, month, day of week",
        "TZ=UTC 0 3 * * * | InvalidSchedule | sets a time zone inside the expression; use the field"
            + " timeZone instead",
        "CRON_TZ=Europe/Berlin 0 3 * * * | InvalidSchedule | sets a time zone inside the"
            + " expression; use the field timeZone instead",
        "@reboot | InvalidSchedule | is not known; allowed are @yearly, @annually, @monthly,"
            + " @weekly, @daily, @midnight, @hourly, @every <duration>, and five fields",
        "@every | InvalidSchedule | is not known; allowed are @yearly, @annually, @monthly,"
            + " @weekly, @daily, @midnight, @hourly, @every <duration>, and five fields",
        "@every day | InvalidSchedule | needs a duration after @every, such as @every 1h30m",
        "@every -1h | InvalidSchedule | needs a duration after @every, such as @every 1h30m",
        "@every 500ms | InvalidSchedule | is not a period; allowed are whole seconds from 1s on",
        "@every 1.5s | InvalidSchedule | is not a period; allowed are whole seconds from 1s on",
        "@every 0s | InvalidSchedule | is not a period; allowed are whole seconds from 1s on",
        "0 0 30 2 * | NeverFires | never fires: none of its months has one of its days",
        "0 0 31 2,4,6,9,11 * | NeverFires | never fires: none of its months has one of its days",
        "0 0 30-31 FEB ? | NeverFires | never fires: none of its months has one of its days",
      })
  void refusesAnExpression(String expression, String reason, String problem) {
    assertThatExceptionOfType(InvalidScheduleException.class)
        .isThrownBy(
            () -> Timeline.builder("a/b").cron("spec.schedule", expression, ZoneOffset.UTC).build())
        .withMessage("spec.schedule: \"%s\" %s", expression, problem)
        .satisfies(e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @ValueSource(ints = {1001, 100_000})
  void refusesWhatIsTooLongAndShowsOnlyItsBegin(int length) {
    assertThatExceptionOfType(InvalidScheduleException.class)
        .isThrownBy(
            () -> Timeline.builder("a/b").cron("f", "1".repeat(length), ZoneOffset.UTC).build())
        .withMessage("f: \"%s...\" is longer than 1000 characters", "1".repeat(120));
  }
}
