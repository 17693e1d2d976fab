package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgeingTest {
  private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");

  private static ScheduleSpec spec(String fields) throws InvalidScheduleException {
    String json =
        ("{'triggers':[{'every':'1h'}],'jobTemplate':{}" + fields + "}").replace('\'', '"');
    return SpecReader.read(
        new ScheduleKey("ns", "scan"), RawJson.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static Ageing at(long second, ScheduleSpec spec, Run... runs) {
    Instant now = Instant.ofEpochSecond(second);
    return Ageing.of(spec, Instant.EPOCH, now, List.of(runs), now);
  }

  @Test
  void runsAreStuckFromThatMomentOnTheLongestFirst() throws InvalidScheduleException {
    ScheduleSpec spec = spec(",'stuckAfter':'30s'");
    Run first = Runs.active(10);
    Run second = Runs.active(20);

    assertThat(at(39, spec, second, first).stuck()).isEmpty();
    assertThat(at(39, spec, second, first).nextAt()).isEqualTo(Instant.ofEpochSecond(40));
    assertThat(at(40, spec, second, first).stuck()).containsExactly(first);
    assertThat(at(40, spec, second, first).nextAt()).isEqualTo(Instant.ofEpochSecond(50));
    assertThat(at(50, spec, second, first).stuck()).containsExactly(first, second);
    assertThat(at(50, spec, second, first).nextAt()).isEqualTo(Instant.MAX);
  }

  @Test
  void whatHasEndedOrIsSuspendedIsNotStuck() throws InvalidScheduleException {
    ScheduleSpec spec = spec(",'stuckAfter':'1s'");

    Ageing ageing =
        at(99, spec, Runs.finished(10, Run.Phase.FAILED), Runs.suspended(20), Runs.active(99));

    assertThat(ageing.stuck()).isEmpty();
    assertThat(ageing.nextAt()).isEqualTo(Instant.ofEpochSecond(100));
  }

  @Test
  void fourHoursIfNothingIsSaid() throws InvalidScheduleException {
    assertThat(at(0, spec(""), Runs.active(0)).nextAt())
        .isEqualTo(Instant.EPOCH.plus(Duration.ofHours(4)));
  }

  @ParameterizedTest
  @CsvSource({
    "2027-01-01T00:00:00Z, , P7D",
    "2026-03-12T00:00:00Z, , P7D",
    "2026-01-31T00:00:00Z, , P3D",
    "2026-01-01T10:00:00Z, , PT1H",
    "2026-01-31T00:00:00Z, 2026-01-21T00:00:00Z, P1D",
    "2026-01-31T00:00:00Z, 2025-01-01T00:00:00Z, P3D",
  })
  void theEndIsNearInTheLastTenthOrWeek(Instant end, Instant begin, Duration near)
      throws InvalidScheduleException {
    ScheduleSpec spec =
        spec(
            ",'notAfter':'%s'".formatted(end)
                + (begin == null ? "" : ",'notBefore':'%s'".formatted(begin)));
    Instant soonAt = end.minus(near);

    assertThat(ageing(spec, soonAt.minusSeconds(1)).expiresSoon()).isFalse();
    assertThat(ageing(spec, soonAt.minusSeconds(1)).nextAt()).isEqualTo(soonAt);
    assertThat(ageing(spec, soonAt).expiresSoon()).isTrue();
    assertThat(ageing(spec, soonAt).nextAt()).isEqualTo(end);
    assertThat(ageing(spec, end).expiresSoon()).isFalse();
    assertThat(ageing(spec, end).nextAt()).isEqualTo(Instant.MAX);
  }

  @Test
  void whatIsOverSuspendedOrHasNoEndDoesNotExpire() throws InvalidScheduleException {
    Instant end = CREATED.plus(Duration.ofDays(10));
    Instant now = end.minusSeconds(60);
    ScheduleSpec spec = spec(",'notAfter':'%s'".formatted(end));

    assertThat(Ageing.of(spec, CREATED, end, List.of(), now).expiresSoon()).isFalse();
    assertThat(ageing(spec(",'suspend':true,'notAfter':'%s'".formatted(end)), now))
        .isEqualTo(new Ageing(List.of(), false, Instant.MAX));
    assertThat(ageing(spec(""), now)).isEqualTo(new Ageing(List.of(), false, Instant.MAX));
    assertThat(Ageing.of(spec, end.plusSeconds(1), now, List.of(), now).expiresSoon()).isFalse();
  }

  private static Ageing ageing(ScheduleSpec spec, Instant now) {
    return Ageing.of(spec, CREATED, now, List.of(), now);
  }
}
