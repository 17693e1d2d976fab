package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ReportedStatusTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private static ScanScheduleStatus status(String json) throws IOException {
    return JSON.readValue(json.replace('\'', '"'), ScanScheduleStatus.class);
  }

  @Test
  void isTheSameStatusAndNoOther() throws IOException {
    String json =
        "{'observedGeneration':2,'cursor':'1970-01-01T00:00:30Z','lastHandledRequest':'x','running':%d}";
    ReportedStatus reported = ReportedStatus.of(status(json.formatted(1)));

    assertThat(reported.is(status(json.formatted(1)))).isTrue();
    assertThat(reported.is(status(json.formatted(2)))).isFalse();
    assertThat(reported.isOf(2)).isTrue();
    assertThat(reported.isOf(1)).isFalse();
    assertThat(reported.cursor()).contains(Instant.ofEpochSecond(30));
    assertThat(reported.lastHandledRequest()).isEqualTo("x");
  }

  @Test
  void whatAStatusDoesNotSayIsOfNoGeneration() throws IOException {
    ReportedStatus reported = ReportedStatus.of(status("{}"));

    assertThat(reported.isOf(0)).isFalse();
    assertThat(reported.cursor()).isEmpty();
  }
}
