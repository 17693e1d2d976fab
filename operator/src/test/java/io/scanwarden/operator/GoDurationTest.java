package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "15s,PT15S",
    "1m30s,PT1M30S",
    "1.5h,PT1H30M",
    "500ms,PT0.5S",
    "2h0.5s,PT2H0.5S",
    "0,PT0S",
    "0s,PT0S",
    "100us,PT0.0001S"
  })
  void reads(String text, Duration duration) {
    assertThat(GoDuration.parse(text)).isEqualTo(duration);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "15", "s", "15 s", "-1s", "1d", "1s ", "1.s", "999999999h999999999h", "PT1S"})
  void refuses(String text) {
    assertThatExceptionOfType(TypeConversionException.class)
        .isThrownBy(() -> GoDuration.parse(text))
        .withMessage("'" + text + "' is not a duration such as 15s or 1m30s");
  }

  @Test
  void writesWhatItReads() {
    assertThat(GoDuration.format(Duration.ofSeconds(15))).isEqualTo("15s");
    assertThat(GoDuration.format(Duration.ofSeconds(90))).isEqualTo("1m30s");
    assertThat(GoDuration.format(Duration.ZERO)).isEqualTo("0s");
  }
}
