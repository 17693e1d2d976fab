package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.RecentRun;
import io.scanwarden.operator.observe.Notice;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NoticesTest {
  private static final Ageing NOTHING = new Ageing(List.of(), false, Instant.MAX);

  private static ScheduleSpec spec() throws InvalidScheduleException {
    String json =
        "{\"triggers\":[{\"every\":\"1h\"}],\"notAfter\":\"2027-01-01T00:00:00Z\",\"stuckAfter\":\"90m\",\"jobTemplate\":{}}";
    return SpecReader.read(
        new ScheduleKey("ns", "scan"), RawJson.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Notice> notices(Ageing ageing) throws InvalidScheduleException {
    return Notices.of(spec(), ageing, List.of(), List.of());
  }

  @Test
  void namesTheRunThatIsStuckForLongest() throws InvalidScheduleException {
    Run first = Runs.active(10);

    assertThat(notices(new Ageing(List.of(first), false, Instant.MAX)))
        .containsExactly(
            new Notice(
                "Stuck",
                "RunTooLong",
                "Job scan-10 runs since 1970-01-01T00:00:10Z, for longer than spec.stuckAfter, 1h30m"));
    assertThat(
            notices(
                new Ageing(List.of(first, Runs.active(20), Runs.active(30)), false, Instant.MAX)))
        .extracting(Notice::message)
        .allMatch(
            message -> message.startsWith("Job scan-10 ") && message.endsWith("; so do 2 more"));
  }

  @Test
  void saysWhenTheScheduleEnds() throws InvalidScheduleException {
    assertThat(notices(new Ageing(List.of(), true, Instant.MAX)))
        .containsExactly(
            new Notice(
                "ExpiresSoon",
                "NotAfterNear",
                "nothing is due after spec.notAfter, 2027-01-01T00:00:00Z"));
    assertThat(notices(NOTHING)).isEmpty();
  }

  /** Durations of the runs in minutes, coming instants in minutes. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "70 70,          0 60 120,    -", // too few runs
        "70 70 70,       0,           -", // no interval
        "60 60 60,       0 60 120,    -", // just as long
        "61 10 61,       0 60 120,    1h1m",
        "61 10 61 10,    0 60 120,    -",
        "61 61 61 10,    0 60 120,    1h1m",
        "61 10 600 70,   0 60 120,    1h5m30s",
        "70 70 70,       0 90 180,    -",
        "70 70 70,       0 90 150,    1h10m", // the shortest counts
      })
  void comparesTheMedianWithTheInterval(String runs, String coming, @Nullable String median)
      throws InvalidScheduleException {
    List<RecentRun> recent =
        minutes(runs).map(end -> run("Succeeded", Instant.EPOCH, end)).toList();

    List<Notice> notices = Notices.of(spec(), NOTHING, recent, minutes(coming).toList());

    if (median == null) {
      assertThat(notices).isEmpty();
    } else {
      assertThat(notices)
          .singleElement()
          .satisfies(
              notice -> {
                assertThat(notice.type()).isEqualTo("Overrunning");
                assertThat(notice.message())
                    .contains(
                        " runs, "
                            + median
                            + ", is longer than the interval between two of them, 1h:")
                    .containsSubsequence("widen the interval", "split the targets", "raise");
              });
    }
  }

  @Test
  void onlyRunsThatCameToTheirEndCount() throws InvalidScheduleException {
    Instant hours = Instant.ofEpochSecond(9_000);
    List<RecentRun> recent =
        List.of(
            run("Succeeded", Instant.EPOCH, hours),
            run("Failed", Instant.EPOCH, hours),
            run("Replaced", Instant.EPOCH, hours),
            run("Deleted", Instant.EPOCH, hours),
            run("Succeeded", hours, Instant.EPOCH),
            run("Succeeded", Instant.EPOCH, null),
            run(null, Instant.EPOCH, null));
    List<Instant> coming = minutes("0 60").toList();

    assertThat(Notices.of(spec(), NOTHING, recent, coming)).isEmpty();
    assertThat(
            Notices.of(
                spec(),
                NOTHING,
                Stream.concat(recent.stream(), recent.stream().limit(1)).toList(),
                coming))
        .singleElement()
        .extracting(Notice::message)
        .asString()
        .startsWith("the median of the last 3 runs, 2h30m, ");
  }

  private static Stream<Instant> minutes(String list) {
    return Arrays.stream(list.strip().split(" "))
        .map(minute -> Instant.ofEpochSecond(60 * Long.parseLong(minute)));
  }

  private static RecentRun run(@Nullable String result, Instant start, @Nullable Instant end) {
    return new RecentRun(
        "scan-1",
        "Every",
        start.toString(),
        start.toString(),
        end == null ? null : end.toString(),
        result,
        1,
        null,
        null);
  }
}
