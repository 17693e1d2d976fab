package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JitterTest {
  private static final Instant NOON = Instant.parse("2026-11-01T12:00:00Z");

  @Property(tries = 500)
  void aStartIsNeverBeforeItsInstantNorAfterTheJitterNorAtTheNextInstant(
      @ForAll String identity,
      @ForAll @IntRange(min = 1, max = 100_000) int period,
      @ForAll @LongRange(min = 0, max = 200_000_000) long jitterMillis,
      @ForAll @LongRange(min = -30_000_000_000L, max = 200_000_000_000L) long second)
      throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder(identity)
            .every("f", Duration.ofSeconds(period), Duration.ZERO)
            .jitter(Duration.ofMillis(jitterMillis))
            .exclude("f", "30 3 * * *", ZoneOffset.UTC, Duration.ofHours(3))
            .build();
    Instant nominal = timeline.next(Instant.ofEpochSecond(second)).orElseThrow().instant();
    Instant start = timeline.startOf(nominal);

    assertThat(start).isEqualTo(timeline.startOf(nominal));
    assertThat(start).isBetween(nominal, nominal.plusMillis(Math.max(0, jitterMillis - 1)));
    Optional<Occurrence> next = timeline.nextRun(nominal);
    next.ifPresent(following -> assertThat(start).isBefore(following.instant()));
  }

  /** These values are a promise: who changes the hash moves every schedule that uses jitter. */
  @ParameterizedTest
  @CsvSource({
    "team-a/image-audit, 2026-11-01T12:00:00Z, 95704",
    "team-a/image-audit, 2026-11-02T12:00:00Z, 422828",
    "team-a/secrets, 2026-11-01T12:00:00Z, 599098",
    "team-b/image-audit, 2026-11-01T12:00:00Z, 332809",
  })
  void theJitterOfAnInstantNeverChanges(String identity, Instant nominal, long millis)
      throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder(identity)
            .cron("f", "0 12 * * *", ZoneOffset.UTC)
            .jitter(Duration.ofMinutes(10))
            .build();
    assertThat(timeline.startOf(nominal)).isEqualTo(nominal.plusMillis(millis));
  }

  @Test
  void withoutJitterAStartIsItsInstant() throws InvalidScheduleException {
    Timeline timeline = Timeline.builder("a/b").at(NOON).build();
    assertThat(timeline.startOf(NOON)).isEqualTo(NOON);
    assertThat(timeline.startOf(Instant.MAX)).isEqualTo(Instant.MAX);
  }

  @Test
  void anEnormousJitterOverflowsNothing() throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("a/b").at(NOON).jitter(Duration.ofSeconds(Long.MAX_VALUE)).build();
    assertThat(timeline.startOf(NOON)).isAfter(NOON);
    assertThat(timeline.startOf(Instant.MAX)).isEqualTo(Instant.MAX);
  }

  @Test
  void startsSpreadOverTheWholeJitter() throws InvalidScheduleException {
    Integer[] perMinute = zeros(10);
    Set<Instant> starts = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      Timeline timeline =
          Timeline.builder("team-" + i % 20 + "/scan-" + i)
              .cron("f", "0 12 * * *", ZoneOffset.UTC)
              .jitter(Duration.ofMinutes(10))
              .build();
      Instant start = timeline.startOf(NOON);
      perMinute[(int) Duration.between(NOON, start).toMinutes()]++;
      starts.add(start);
    }
    // A thousand even draws: a bucket of 100 has a standard deviation of 9.5.
    assertThat(perMinute).allSatisfy(count -> assertThat(count).isBetween(60, 140));
    assertThat(starts).hasSizeGreaterThan(990);
  }

  private static Integer[] zeros(int size) {
    return Collections.nCopies(size, 0).toArray(Integer[]::new);
  }
}
