package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ZonesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Europe/Berlin",
        "UTC",
        "Etc/UTC",
        "Etc/GMT-2",
        "America/Argentina/Ushuaia",
        "GMT"
      })
  void takesNamesOfTheDatabase(String name) throws InvalidScheduleException {
    assertThat(Zones.parse("f", name)).isEqualTo(ZoneId.of(name));
  }

  @Test
  void sharesOneObjectPerZone() throws InvalidScheduleException {
    assertThat(Zones.parse("f", "Europe/Berlin")).isSameAs(Zones.parse("f", "Europe/Berlin"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Europe/Berln      | ; did you mean Europe/Berlin?",
        "europe/berlin     | ; did you mean Europe/Berlin?",
        "Berlin            | ; did you mean Europe/Berlin?",
        "America/New York  | ; did you mean America/New_York?",
        "utc               | ; did you mean UTC?",
        "Z                 | ; use UTC",
        "UTC+0             | ; use UTC",
        "+02:00            | ; offsets are not supported; the zone +02:00 away from UTC is called"
            + " Etc/GMT-2",
        "GMT+2             | ; offsets are not supported; the zone +02:00 away from UTC is called"
            + " Etc/GMT-2",
        "UTC-5             | ; offsets are not supported; the zone -05:00 away from UTC is called"
            + " Etc/GMT+5",
        "+05:30            | ; offsets are not supported",
        "+18               | ; offsets are not supported",
        "PST               | ; abbreviations are ambiguous, did you mean America/Los_Angeles?",
        "Local             | ; the clock of the machine that the operator runs on is not supported",
        "''                | ; leave the field out for UTC",
        "Mars/Olympus_Mons | ''",
        "../etc/passwd     | ''",
      })
  void refusesAnythingElseWithAHint(String name, String hint) {
    assertThatExceptionOfType(InvalidScheduleException.class)
        .isThrownBy(() -> Zones.parse("spec.timeZone", name))
        .withMessage(
            "spec.timeZone: \"%s\" is not an IANA time zone name such as Europe/Berlin or UTC%s",
            name, hint)
        .satisfies(e -> assertThat(e.reason()).isEqualTo("InvalidTimeZone"));
  }
}
