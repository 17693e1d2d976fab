package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RetentionTest {
  private static final List<Run> RUNS =
      List.of(
          Runs.finished(30, Run.Phase.SUCCEEDED),
          Runs.finished(10, Run.Phase.SUCCEEDED),
          Runs.finished(20, Run.Phase.FAILED),
          Runs.finished(40, Run.Phase.FAILED),
          Runs.active(5));
  private static final Set<String> ALL = RUNS.stream().map(Run::uid).collect(Collectors.toSet());

  private static ScheduleSpec spec(int succeeded, int failed, String template)
      throws InvalidScheduleException {
    String json =
        "{\"schedule\":\"* * * * *\",\"successfulJobsHistoryLimit\":%d,\"failedJobsHistoryLimit\":%d,\"jobTemplate\":{\"spec\":{%s}}}"
            .formatted(succeeded, failed, template);
    return SpecReader.read(
        new ScheduleKey("ns", "scan"), RawJson.of(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<String> expired(ScheduleSpec spec, Set<String> deletable, long now) {
    return Retention.of(spec, RUNS, deletable, Instant.ofEpochSecond(now)).expired().stream()
        .map(Run::name)
        .toList();
  }

  @Test
  void theOldestBeyondEachLimitGo() throws InvalidScheduleException {
    assertThat(expired(spec(1, 1, ""), ALL, 100)).containsExactly("scan-10", "scan-20");
    assertThat(expired(spec(3, 3, ""), ALL, 100)).isEmpty();
    assertThat(expired(spec(0, 0, ""), ALL, 100))
        .containsExactlyInAnyOrder("scan-10", "scan-20", "scan-30", "scan-40");
  }

  @Test
  void onlyWhatIsRecordedGoes() throws InvalidScheduleException {
    assertThat(expired(spec(0, 0, ""), Set.of(), 100)).isEmpty();
    assertThat(expired(spec(0, 0, ""), Set.of(Runs.uid(30)), 100)).containsExactly("scan-30");
  }

  @Test
  void timeToLive() throws InvalidScheduleException {
    ScheduleSpec spec = spec(9, 9, "\"ttlSecondsAfterFinished\":10");

    // They ended five seconds after they were due.
    assertThat(expired(spec, ALL, 34)).containsExactlyInAnyOrder("scan-10");
    assertThat(expired(spec, ALL, 35)).containsExactlyInAnyOrder("scan-10", "scan-20");
    assertThat(Retention.of(spec, RUNS, ALL, Instant.ofEpochSecond(34)).nextExpiry())
        .contains(Instant.ofEpochSecond(35));
    assertThat(Retention.of(spec, RUNS, ALL, Instant.ofEpochSecond(99)).nextExpiry()).isEmpty();
  }
}
