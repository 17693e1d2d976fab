package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecCheckTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-23T12:00:00Z"));
  private static final int LONGEST = 120;

  private static List<String> check(String fields) throws InvalidScheduleException {
    String json = ("{" + fields + ",'jobTemplate':{}}").replace('\'', '"');
    SpecCheck check =
        new SpecCheck(
            CLOCK,
            namespace -> namespace.equals("small") ? OptionalInt.of(1) : OptionalInt.empty());
    return check.check("small", "scan", RawJson.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'schedule':'0 * * * *'",
        "'schedule':'0 * * * *','timeout':'1h'",
        "'schedule':'0 * * * *','timeout':'2h','concurrencyPolicy':'Allow'",
        "'schedule':'0 * * * *','stuckAfter':'4h'", // the default
        "'schedule':'0 * * * *','stuckAfter':'2h','timeout':'1h'",
        "'triggers':[{'at':'2027-01-01T00:00:00Z'}],'timeout':'9999h'",
        "'schedule':'0 * * * *','targets':[{'name':'a'}]",
        "'schedule':'0 9,10 * * *','timeout':'20h','exclusions':[{'cron':'0 9 * * *','duration':'1m'}]"
      })
  void nothingToSay(String fields) throws InvalidScheduleException {
    assertThat(check(fields)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      textBlock =
          """
          'schedule':'0 9,10 * * *','timeout':'2h' | spec.timeout: 2h is longer than the shortest interval, 1h: what is due meanwhile is dropped
          'schedule':'0 * * * *','stuckAfter':'90m','concurrencyPolicy':'Queue' | spec.stuckAfter: 1h30m is longer than the shortest interval, 1h: what is due meanwhile waits
          'schedule':'0 * * * *','timeout':'2h','concurrencyPolicy':'Replace' | spec.timeout: 2h is longer than the shortest interval, 1h: what is due meanwhile ends it
          'triggers':[{'at':'2026-11-23T11:59:59Z'}] | spec: nothing is due any more: all its times are past or excluded
          'schedule':'0 * * * *','notAfter':'2026-11-23T12:30:00Z' | spec: nothing is due any more: all its times are past or excluded
          'schedule':'0 * * * *','targets':[{'name':'a'},{'name':'b'}] | spec.targets: a run of 2 Jobs never starts: the tenant quota's limit of activeJobs is 1
          """)
  void whatTheAuthorShouldKnow(String fields, String warning) throws InvalidScheduleException {
    assertThat(check(fields)).containsExactly(warning);
  }

  /** Kubernetes asks for it. */
  @Test
  void warningsAreShort() throws InvalidScheduleException {
    assertThat(check("'triggers':[{'every':'99998h59m59s'}],'timeout':'99999h59m59s999ms'"))
        .hasSize(1)
        .allSatisfy(warning -> assertThat(warning).hasSizeLessThanOrEqualTo(LONGEST));
  }

  @Test
  void severalAtOnce() throws InvalidScheduleException {
    assertThat(check("'schedule':'0 * * * *','timeout':'2h','targets':[{'name':'a'},{'name':'b'}]"))
        .hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      textBlock =
          """
          'schedule':'61 * * * *',InvalidSchedule,spec.schedule
          'schedule':'0 0 30 2 *',NeverFires,spec.schedule
          `'schedule':'0 3 * * *','timeZone':'Mars/Base'`,InvalidTimeZone,spec.timeZone
          """)
  void whatTheReconcilerWouldFind(String fields, String reason, String field) {
    assertThatThrownBy(() -> check(fields))
        .isInstanceOfSatisfying(
            InvalidScheduleException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.field()).isEqualTo(field);
              assertThat(e).hasMessage(e.field() + ": " + e.withoutField());
            });
  }
}
