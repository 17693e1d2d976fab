package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The schedule was made at 10:00:00, the last request is of 11:00, it is noon. */
class RequestedRunTest {
  @ParameterizedTest
  @CsvSource({
    "2026-01-01T11:00:01Z, Wanted",
    "2026-01-01T11:00:00.001Z, Wanted",
    "2026-01-01T13:30:00+02:00, Wanted",
    "2026-01-01T12:01:00Z, Wanted",
    "2026-01-01T12:01:01Z, Ignored",
    "2026-01-01T11:00:00Z, None",
    "2026-01-01T12:00:00+01:00, None",
    "2026-01-01T10:59:59Z, None",
    "2026-01-01T09:59:59Z, None",
    "yesterday, Ignored",
    "'', Ignored",
  })
  void afterAnotherRequest(String value, String kind) {
    assertThat(of(value, Optional.of(Instant.parse("2026-01-01T11:00:00Z")))).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-01T10:00:00Z, Wanted", // in the second of the creation
    "2026-01-01T10:00:00.5Z, Wanted",
    "2026-01-01T09:59:59.999Z, None",
  })
  void theFirstRequest(String value, String kind) {
    assertThat(of(value, Optional.empty())).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    "b, '[b]'",
    "' c , a,', '[a, c]'",
    "'', '[]'",
    "'a,x', 'annotation scanwarden.io/requested-targets: \"a,x\" has x, allowed are the names of"
        + " spec.targets: a, b, c'",
  })
  void forSomeTargets(String chosen, String outcome) {
    RequestedRun request =
        RequestedRun.of(
            Optional.of("2026-01-01T11:00:00Z"),
            Optional.of(chosen),
            List.of("a", "b", "c"),
            Instant.parse("2026-01-01T10:00:00Z"),
            Optional.empty(),
            Instant.parse("2026-01-01T12:00:00Z"));

    assertThat(
            request instanceof RequestedRun.Wanted wanted
                ? wanted.targets().toString()
                : ((RequestedRun.Ignored) request).problem())
        .isEqualTo(outcome);
  }

  private static String of(String value, Optional<Instant> handled) {
    return RequestedRun.of(
            Optional.of(value),
            Optional.empty(),
            ScheduleSpec.NO_TARGETS,
            Instant.parse("2026-01-01T10:00:00Z"),
            handled,
            Instant.parse("2026-01-01T12:00:00Z"))
        .getClass()
        .getSimpleName();
  }
}
