package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.Timeline;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The schedule is due every minute but from 10:00 to 11:00; it is noon. */
class BackfillRequestTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  private static Timeline timeline() throws InvalidScheduleException {
    return Timeline.builder("ns/scan")
        .every("every", Duration.ofMinutes(1), Duration.ZERO)
        .exclude(NOON.minusSeconds(7200), NOON.minusSeconds(3600))
        .build();
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-01T11:00:00Z/2026-01-01T11:09:00Z, 10",
    "2026-01-01T11:00:00.5Z/2026-01-01T11:09:00Z, 9",
    "2026-01-01T13:00:00+02:00/2026-01-01T12:00:00Z, 61",
    "2026-01-01T09:58:00Z/2026-01-01T11:01:00Z, 4",
    "2025-12-31T18:21:00Z/2026-01-01T12:00:00Z, 1000",
  })
  void hasEachInstantOfTheIntervalThatIsNotExcluded(String value, int total)
      throws InvalidScheduleException {
    assertThat(BackfillRequest.of(Optional.of(value), timeline(), NOON))
        .isInstanceOfSatisfying(
            BackfillRequest.Wanted.class,
            wanted -> {
              assertThat(wanted.backfill().total()).isEqualTo(total);
              assertThat(wanted.backfill().interval()).isEqualTo(value);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | must be two RFC 3339 times",
        "yesterday | must be two RFC 3339 times",
        "2026-01-01T11:00:00Z | must be two RFC 3339 times",
        "2026-01-01T11:00:00Z/PT1H | must be two RFC 3339 times",
        "2026-01-01T11:00:00Z/2026-01-01T11:30:00Z/x | must be two RFC 3339 times",
        "2026-01-01T11:00:00Z/2026-01-01T11:00:00Z | allowed is a from before its to",
        "2026-01-01T11:30:00Z/2026-01-01T11:00:00Z | allowed is a from before its to",
        "2026-01-01T11:30:00Z/2026-01-01T12:00:01Z | ends in the future; allowed is a to that is not",
        "2026-01-01T11:00:01Z/2026-01-01T11:00:59Z | has no instant",
        "2026-01-01T10:00:00Z/2026-01-01T10:59:59Z | has no instant",
        "2025-12-31T18:20:00Z/2026-01-01T12:00:00Z | has more than 1000 instants",
        "-999999999-01-01T00:00:00Z/2026-01-01T12:00:00Z | has more than 1000 instants",
      })
  void saysWhatIsAllowed(String value, String problem) throws InvalidScheduleException {
    assertThat(BackfillRequest.of(Optional.of(value), timeline(), NOON))
        .isInstanceOfSatisfying(
            BackfillRequest.Ignored.class,
            ignored ->
                assertThat(ignored.problem())
                    .startsWith("annotation scanwarden.io/backfill: \"" + value + "\" ")
                    .contains(problem));
  }

  @Test
  void aLongValueIsCutBetweenCharacters() {
    String odd = "x" + "\uD83D\uDE00".repeat(99);

    assertThat(BackfillRequest.shown(odd)).hasSize(99).endsWith("\uD83D\uDE00");
    assertThat(BackfillRequest.shown("short")).isEqualTo("short");
  }

  @Test
  void anEditChangesHowManyThereAreButNotWithoutEnd() throws InvalidScheduleException {
    BackfillProgress progress =
        BackfillProgress.parse("2026-01-01T11:00:00Z/2026-01-01T12:00:00Z")
            .orElseThrow()
            .counted(timeline());
    Timeline hourly =
        Timeline.builder("ns/scan").every("every", Duration.ofHours(1), Duration.ZERO).build();
    Timeline often =
        Timeline.builder("ns/scan").every("every", Duration.ofSeconds(1), Duration.ZERO).build();

    progress = progress.accept(progress.next(timeline()).orElseThrow());

    assertThat(progress.under(hourly).total()).isEqualTo(2);
    assertThat(progress.under(often).total()).isEqualTo(1000);
    assertThat(progress.complete().under(often)).isEqualTo(progress.complete());
  }
}
