package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @ParameterizedTest
  @CsvSource({
    "0s, PT0S, 0s",
    "10m, PT10M, 10m",
    "1h30m, PT1H30M, 1h30m",
    "90m, PT1H30M, 1h30m",
    "30m1h, PT1H30M, 1h30m",
    "1h1h, PT2H, 2h",
    "1h2m3s4ms, PT1H2M3.004S, 1h2m3s4ms",
    "00001h, PT1H, 1h",
    "99999h99999h99999h99999h, PT399996H, 399996h",
  })
  void readsAndWritesGep2257(String text, Duration duration, String canonical)
      throws InvalidScheduleException {
    assertThat(Durations.parse("f", text)).isEqualTo(duration);
    assertThat(Durations.format(duration)).isEqualTo(canonical);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1", "h", "1d", "1.5h", "-1h", "100000h", "1h 30m", "1H", "1s1s1s1s1s"})
  void refusesAnythingElse(String text) {
    assertThatExceptionOfType(InvalidScheduleException.class)
        .isThrownBy(() -> Durations.parse("spec.timeout", text))
        .withMessage(
            "spec.timeout: \"%s\" is not a duration such as 1h30m: up to four whole numbers of at"
                + " most five digits, each with h, m, s or ms",
            text);
  }

  @Property
  void whatIsWrittenIsReadAgain(@ForAll @LongRange(min = 0, max = 359_999_999_999L) long millis)
      throws InvalidScheduleException {
    Duration duration = Duration.ofMillis(millis);
    assertThat(Durations.parse("f", Durations.format(duration))).isEqualTo(duration);
  }

  @Test
  void writesNoNegativeOnes() {
    assertThatIllegalArgumentException().isThrownBy(() -> Durations.format(Duration.ofMillis(-1)));
  }

  @ParameterizedTest
  @CsvSource({
    "1h30m, PT1H30M",
    "1.5h, PT1H30M",
    ".5m, PT30S",
    "1.h, PT1H",
    "1us, PT0.000001S",
    "1µs2ns, PT0.000001002S",
  })
  void readsGosDurations(String text, Duration duration) throws InvalidScheduleException {
    assertThat(Durations.parseGo("f", "@every " + text, text)).isEqualTo(duration);
  }
}
