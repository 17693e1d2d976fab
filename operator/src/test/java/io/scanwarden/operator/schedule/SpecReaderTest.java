package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.MissedRunPolicy;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpecReaderTest {
  private static ScheduleSpec read(String fields) throws InvalidScheduleException {
    String json = ("{" + fields + "}").replace('\'', '"');
    return SpecReader.read(
        new ScheduleKey("ns", "scan"), RawJson.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void defaults() throws InvalidScheduleException {
    ScheduleSpec spec = read("'schedule':'0 3 * * *','jobTemplate':{}");

    assertThat(spec.suspend()).isFalse();
    assertThat(spec.concurrencyPolicy()).isEqualTo(ConcurrencyPolicy.FORBID);
    assertThat(spec.missedRunPolicy()).isEqualTo(MissedRunPolicy.LATEST);
    assertThat(spec.maxQueued()).isEqualTo(100);
    assertThat(spec.startingDeadline()).isEmpty();
    assertThat(spec.timeout()).isEmpty();
    assertThat(spec.queueTimeout()).isEmpty();
    assertThat(spec.stuckAfter()).isEqualTo(Duration.ofHours(4));
    assertThat(spec.successfulJobsHistoryLimit()).isEqualTo(3);
    assertThat(spec.failedJobsHistoryLimit()).isEqualTo(1);
    assertThat(spec.ttl()).isEmpty();
  }

  @Test
  void values() throws InvalidScheduleException {
    ScheduleSpec spec =
        read(
            "'triggers':[{'every':'6h'}],'maxQueued':500,'startingDeadlineSeconds':99999999999999,"
                + "'timeout':'1h30m','queueTimeout':'6h','stuckAfter':'90s','jobTemplate':{'spec':{'ttlSecondsAfterFinished':0}}");

    assertThat(spec.maxQueued()).isEqualTo(ScheduleSpec.MAX_QUEUED);
    assertThat(spec.startingDeadline().orElseThrow()).isGreaterThan(Duration.ofDays(36_000));
    assertThat(spec.timeout()).contains(Duration.ofMinutes(90));
    assertThat(spec.queueTimeout()).contains(Duration.ofHours(6));
    assertThat(spec.stuckAfter()).isEqualTo(Duration.ofSeconds(90));
    assertThat(spec.ttl()).contains(Duration.ZERO);
  }

  @Test
  void theTemplateAsItIs() {
    assertThat(
            template(
                "{'triggers':[{'jobTemplate':1}],'jobTemplate':{'spec':{'a':[1,{'b':2.50}]}},'x':{}}"))
        .isEqualTo("{'spec':{'a':[1,{'b':2.50}]}}");
    assertThat(template("{'jobTemplate':7}")).as("judged later").isEqualTo("7");
    SpecReader.Template ofTarget =
        SpecReader.template(
            RawJson.of(
                "{\"targets\":[{\"name\":\"a\",\"env\":{\"A\":\"1\"}},{\"name\":\"b\"}],\"jobTemplate\":{}}"
                    .getBytes(StandardCharsets.UTF_8)),
            "a");
    assertThat(ofTarget.env()).containsExactly(Map.entry("A", "1"));
    for (String none : List.of("{}", "{'jobTemplate':null}", "[]", "7")) {
      assertThatThrownBy(() -> template(none)).hasMessageContaining("jobTemplate is required");
    }
  }

  private static String template(String spec) {
    byte[] json = spec.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return SpecReader.template(RawJson.of(json), "").jobTemplate().toString().replace('"', '\'');
  }

  /** Each message names the field, what it holds, and what may stand there. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'schedule':'0 25 * * *'                    | spec.schedule             | 0 25 * * *",
        "'schedule':'0 0 30 2 *'                    | spec.schedule             | 0 0 30 2 *",
        "'schedule':'TZ=UTC 0 0 * * *'              | spec.schedule             | timeZone",
        "'schedule':'0 0 * * *','timeZone':'Mars'   | spec.timeZone             | Mars",
        "'triggers':[{'cron':'x'}]                  | spec.triggers[0].cron     | x",
        "'triggers':[{'cron':'0 0 * * *','timeZone':'Mars'}] | spec.triggers[0].timeZone | Mars",
        "'triggers':[{'every':'1d'}]                | spec.triggers[0].every    | such as 1h30m",
        "'triggers':[{'every':'500ms'}]             | spec.triggers[0].every    | 1s",
        "'triggers':[{'every':'1h','offset':'x'}]   | spec.triggers[0].offset   | such as 1h30m",
        "'triggers':[{'at':'tomorrow'}]             | spec.triggers[0].at       | RFC 3339",
        "'triggers':[{}]                            | spec.triggers[0]          | cron, every, at",
        "'triggers':[{'every':'1h'}],'jitter':'-1s' | spec.jitter               | -1s",
        "'triggers':[{'every':'1h'}],'timeout':'1w' | spec.timeout              | 1w",
        "'triggers':[{'every':'1h'}],'queueTimeout':'x' | spec.queueTimeout     | such as 1h30m",
        "'triggers':[{'every':'1h'}],'stuckAfter':'x' | spec.stuckAfter         | such as 1h30m",
        "'triggers':[{'every':'1h'}],'notBefore':'x'| spec.notBefore            | RFC 3339",
        "'triggers':[{'every':'1h'}],'notAfter':'x' | spec.notAfter             | RFC 3339",
        "'triggers':[{'every':'1h'}],'exclusions':[{}] | spec.exclusions[0]     | from and to",
        "'triggers':[{'every':'1h'}],'exclusions':[{'cron':'x','duration':'1h'}] | spec.exclusions[0].cron | x",
        "'triggers':[{'every':'1h'}],'exclusions':[{'from':'x'}] | spec.exclusions[0].from | RFC 3339",
        "'schedule':7,'suspend':'perhaps'           | spec                      | perhaps",
        "'concurrencyPolicy':'Sometimes'            | spec                      | Sometimes",
      })
  void badValues(String fields, String field, String shown) {
    assertThatThrownBy(() -> read(fields + ",'jobTemplate':{}"))
        .isInstanceOf(InvalidScheduleException.class)
        .hasMessageStartingWith(field + ":")
        .hasMessageContaining(shown);
  }

  @Test
  void aTemplateIsNeeded() {
    assertThatThrownBy(() -> read("'schedule':'0 0 * * *'"))
        .hasMessageContaining("spec.jobTemplate")
        .hasMessageContaining("is required");
  }
}
