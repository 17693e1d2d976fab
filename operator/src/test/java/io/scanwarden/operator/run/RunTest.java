package io.scanwarden.operator.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.ApiJson;
import java.io.IOException;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunTest {
  private static final String JOB =
      """
      {"metadata":{"name":"a-1","namespace":"ns","uid":"job","resourceVersion":"7",
       "creationTimestamp":"2026-01-01T00:00:01Z",
       "labels":{"scanwarden.io/schedule":"a"},
       "annotations":{"scanwarden.io/trigger":"Cron","scanwarden.io/scheduled-at":"2026-01-01T00:00:00Z"},
       "ownerReferences":[{"apiVersion":"scanwarden.io/v1alpha1","kind":"ScanSchedule","name":"a","uid":"sched","controller":true}]},
       "spec":{},"status":{}}""";

  private static JobResource job(String json) throws IOException {
    return ApiJson.newMapper().readValue(json, JobResource.class);
  }

  @Test
  void aRun() throws IOException {
    Run run = Run.of(job(JOB)).orElseThrow();

    assertThat(run.scheduleUid()).isEqualTo("sched");
    assertThat(run.key()).isEqualTo(new RunKey.Clock(Instant.parse("2026-01-01T00:00:00Z")));
    assertThat(run.version()).isEqualTo(7);
    assertThat(run.finished()).isFalse();
    assertThat(run.hadPods()).isFalse();
  }

  @Test
  void ends() throws IOException {
    Run complete =
        Run.of(
                job(
                    JOB.replace(
                        "\"status\":{}",
                        "\"status\":{\"succeeded\":1,\"startTime\":\"2026-01-01T00:00:02Z\",\"completionTime\":\"2026-01-01T00:00:09Z\",\"conditions\":[{\"type\":\"SuccessCriteriaMet\",\"status\":\"True\"},{\"type\":\"Complete\",\"status\":\"True\"}]}")))
            .orElseThrow();
    assertThat(complete.phase()).isEqualTo(Run.Phase.SUCCEEDED);
    assertThat(complete.endTime()).isEqualTo(Instant.parse("2026-01-01T00:00:09Z"));
    Run failed =
        Run.of(
                job(
                    JOB.replace(
                        "\"status\":{}",
                        "\"status\":{\"failed\":1,\"conditions\":[{\"type\":\"Failed\",\"status\":\"True\",\"reason\":\"DeadlineExceeded\",\"message\":\"too long\",\"lastTransitionTime\":\"2026-01-01T00:00:09Z\"}]}")))
            .orElseThrow();
    assertThat(failed.phase()).isEqualTo(Run.Phase.FAILED);
    assertThat(failed.message()).isEqualTo("DeadlineExceeded: too long");
    assertThat(failed.endTime()).isEqualTo(Instant.parse("2026-01-01T00:00:09Z"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 3",
        "{'active':1} | 3",
        "{'active':1,'conditions':[{'type':'Suspended','status':'True'}]} | 3",
        "{'terminating':1,'conditions':[{'type':'Suspended','status':'True'}]} | 3",
        "{'conditions':[{'type':'Suspended','status':'False'}]} | 3",
        "{'conditions':[{'type':'Suspended','status':'True'}]} | 0",
        "{'conditions':[{'type':'SuccessCriteriaMet','status':'True'}]} | 0",
        "{'terminating':1,'conditions':[{'type':'FailureTarget','status':'True'}]} | 3",
      },
      quoteCharacter = '`')
  void suspendedItTakesSlotsUntilItsControllerKnowsThatItHasNoPods(String status, int slots)
      throws IOException {
    String suspended =
        JOB.replace(
            "\"spec\":{},\"status\":{}",
            "\"spec\":{\"suspend\":true,\"parallelism\":3},\"status\":"
                + status.replace('\'', '"'));

    assertThat(Run.of(job(suspended)).orElseThrow().slots()).isEqualTo(slots);
  }

  @ParameterizedTest
  @CsvSource({
    "'\"Cron\"', '\"Moon\"'",
    "'\"scanwarden.io/trigger\":\"Cron\",', ''",
    "2026-01-01T00:00:00Z, yesterday",
    "ScanSchedule, CronJob",
    "'\"scanwarden.io/schedule\":\"a\"', ''",
    "'\"scanwarden.io/schedule\":\"a\"', '\"scanwarden.io/schedule\":\"b\"'",
    "scanwarden.io/v1alpha1, batch/v1",
    "'\"controller\":true', '\"controller\":false'",
  })
  void isNoRun(String part, String instead) throws IOException {
    assertThat(JOB).contains(part);
    assertThat(Run.of(job(JOB.replace(part, instead)))).isEmpty();
  }

  @Test
  void belongsToTheScheduleThatControlsItIfItHasItsLabelToo() throws IOException {
    String label = "\"scanwarden.io/schedule\":\"a\"";

    assertThat(Run.belongsTo(job(JOB.replaceAll("(?s)\"annotations\".*?},", "")), "sched"))
        .isTrue();
    assertThat(Run.belongsTo(job(JOB), "other")).isFalse();
    assertThat(Run.belongsTo(job(JOB.replace(label, "")), "sched")).isFalse();
  }

  @Test
  void nothingAtAllIsNoRun() throws IOException {
    assertThat(Run.of(job("{}"))).isEmpty();
    assertThat(Run.of(job("{\"metadata\":{\"uid\":\"x\"},\"status\":{\"conditions\":[{}]}}")))
        .isEmpty();
  }
}
