package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RecentRun;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private static Ledger ledger(String status) throws IOException {
    return Ledger.of(JSON.readValue(status, ScanScheduleStatus.class));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"cursor\":\"yesterday\",\"lastScheduleTime\":\"\",\"lastHandledRequest\":\"now\"}",
        "{\"observedGeneration\":-9,\"counts\":{}}",
        "{\"active\":[{}],\"recentRuns\":[{}],\"recorded\":[],\"conditions\":[{}]}",
        "{\"active\":[{\"state\":\"Queued\",\"trigger\":\"Moon\",\"scheduledTime\":\"2026-01-01T00:00:00Z\"}]}",
        "{\"recentRuns\":[{\"name\":\"a\",\"startTime\":\"x\"},{\"startTime\":\"2026-01-01T00:00:00Z\"}]}",
        "{\"backfill\":{\"interval\":\"a/b\",\"accepted\":-1,\"total\":99999999}}",
        "{\"cursor\":\"+999999999-12-31T23:59:59Z\"}"
      })
  void whateverAStatusSaysItIsRead(String status) throws IOException {
    Ledger ledger = ledger(status);

    assertThat(ledger.queue()).isEmpty();
    assertThatCode(
            () -> {
              started(ledger, Runs.active(10));
              ledger.finished(Runs.finished(10, Run.Phase.FAILED));
              ledger.counts();
              ledger.recentRuns();
            })
        .doesNotThrowAnyException();
  }

  @Test
  void onlyWhatIsBehindTheCursorOrHandledIsTakenUp() throws IOException {
    String queued =
        "{\"state\":\"Queued\",\"trigger\":\"%s\",\"scheduledTime\":\"2026-01-01T00:00:0%dZ\",\"reason\":\"%s\"},";
    String active =
        queued.formatted("Cron", 1, "PreviousRunActive")
            + queued.formatted("Every", 1, "Starting")
            + queued.formatted("Cron", 4, "Starting")
            + queued.formatted("Request", 2, "Recording")
            + queued.formatted("Request", 3, "Recording");
    Ledger ledger =
        ledger(
            "{\"cursor\":\"2026-01-01T00:00:03Z\",\"lastHandledRequest\":\"2026-01-01T00:00:02Z\",\"active\":["
                + active.substring(0, active.length() - 1)
                + "]}");

    assertThat(ledger.queue())
        .extracting(
            c -> c.trigger() + " " + c.key().time().getEpochSecond() % 60 + " " + c.reason())
        .containsExactly("Cron 1 PreviousRunActive", "Request 2 Recording");
  }

  @Test
  void ofABackfillWhatIsBehindItsOwnCursorIsTakenUp() throws IOException {
    Ledger ledger =
        ledger(
            """
            {"cursor": "2026-01-01T00:00:09Z",
             "backfill": {"interval": "2026-01-01T00:00:00Z/2026-01-01T00:00:05Z",
                          "cursor": "2026-01-01T00:00:02Z", "accepted": 3, "total": 6,
                          "ignored": "x"},
             "active": [
              {"state": "Queued", "trigger": "Backfill", "scheduledTime": "2026-01-01T00:00:02Z"},
              {"state": "Queued", "trigger": "Backfill", "scheduledTime": "2026-01-01T00:00:03Z"}],
             "recentRuns": [
              {"name": "scan-2", "trigger": "Cron", "scheduledTime": "2026-01-01T00:00:02Z",
               "startTime": "2026-01-01T00:00:02Z", "result": "Failed"}]}""");

    assertThat(ledger.queue())
        .extracting(Claim::key)
        .containsExactly(new RunKey.Backfill(Instant.parse("2026-01-01T00:00:02Z")));
    assertThat(ledger.queue().getFirst().begun()).as("the schedule's own run is another").isFalse();
    assertThat(ledger.backfill().map(BackfillProgress::accepted)).contains(3);
    assertThat(ledger.backfill().map(BackfillProgress::total)).contains(6);
    assertThat(ledger.ignoredBackfill()).isEqualTo("x");
  }

  @Test
  void aRunOfAnInstantThatRanBeforeIsAnotherRun() {
    Ledger ledger = new Ledger();
    started(ledger, Runs.active(20));
    ledger.finished(Runs.finished(20, Run.Phase.FAILED));
    started(ledger, Runs.active(30));
    ledger.finished(Runs.finished(30, Run.Phase.SUCCEEDED));

    started(ledger, Runs.backfill(20, Run.Phase.ACTIVE));

    assertThat(ledger.finished(Runs.backfill(20, Run.Phase.SUCCEEDED))).contains("Succeeded");
    assertThat(ledger.counts().succeeded()).isEqualTo(2);
    assertThat(ledger.counts().failed()).isEqualTo(1);
    assertThat(ledger.recentRuns()).hasSize(3);
    assertThat(ledger.lastScheduleTime()).isEqualTo("1970-01-01T00:00:30Z");
  }

  @Test
  void whatExpiredIsCountedAlsoAfterARestart() throws IOException {
    Ledger ledger = ledger("{\"counts\":{\"expired\":41}}");

    ledger.dropped(
        new Decision.Drop(
            new RunKey.Clock(Instant.ofEpochSecond(10)),
            Trigger.EVERY,
            NotRunReason.QUEUE_TIMEOUT,
            "it waited"));

    assertThat(ledger.counts().expired()).isEqualTo(42);
    assertThat(Objects.requireNonNull(ledger.lastSkipped()).reason()).isEqualTo("QueueTimeout");
  }

  @Test
  void aRunIsCountedOnce() {
    Ledger ledger = new Ledger();
    started(ledger, Runs.active(10));

    assertThat(ledger.finished(Runs.finished(10, Run.Phase.SUCCEEDED))).contains("Succeeded");
    assertThat(ledger.finished(Runs.finished(10, Run.Phase.SUCCEEDED))).isEmpty();
    started(ledger, Runs.active(20));
    ledger.replaced(new Decision.Replace(Runs.active(20).key(), List.of(Runs.active(20))));
    assertThat(ledger.finished(Runs.finished(20, Run.Phase.SUCCEEDED))).isEmpty();

    assertThat(ledger.counts().succeeded()).isEqualTo(1);
    assertThat(ledger.counts().replaced()).isEqualTo(1);
    assertThat(ledger.lastResult()).isEqualTo("Replaced");
    ledger.forgetAllBut(Set.of(Runs.uid(20)));
    assertThat(ledger.recorded()).containsExactly(Runs.uid(20));
  }

  @Test
  void tenRunsAreRememberedAndAnOldOneDoesNotComeBack() {
    Ledger ledger = new Ledger();
    for (int i = 1; i <= 12; i++) {
      started(ledger, Runs.active(i));
      ledger.finished(Runs.finished(i, Run.Phase.SUCCEEDED));
    }
    started(ledger, Runs.finished(1, Run.Phase.SUCCEEDED));

    assertThat(ledger.recentRuns())
        .hasSize(10)
        .extracting(RecentRun::name)
        .startsWith("scan-12", "scan-11");
    assertThat(ledger.recentRuns()).extracting(RecentRun::name).doesNotContain("scan-1", "scan-2");
  }

  @Test
  void runsWithTargetsAreRememberedUntilTheyAreOver() {
    Ledger ledger = new Ledger();
    for (int i = 1; i <= 12; i++) {
      started(ledger, ofTarget(Runs.active(i)));
    }
    assertThat(ledger.recentRuns()).hasSize(12);

    for (int i = 1; i <= 12; i++) {
      assertThat(ledger.finished(ofTarget(Runs.finished(i, Run.Phase.SUCCEEDED)))).isEmpty();
      assertThat(ledger.settle(Runs.active(i).key(), Instant.EPOCH)).contains("Succeeded");
    }

    assertThat(ledger.recentRuns()).hasSize(10);
    assertThat(ledger.counts().succeeded()).isEqualTo(12);
  }

  private static Run ofTarget(Run run) {
    return new Run(
        run.scheduleUid(),
        run.name() + "-a",
        run.uid(),
        run.version(),
        run.key(),
        run.trigger(),
        "a",
        1,
        run.phase(),
        run.suspended(),
        run.deleting(),
        run.foreground(),
        run.hadPods(),
        run.pool(),
        run.slots(),
        run.created(),
        run.admitted(),
        run.started(),
        run.completed(),
        run.message());
  }

  @Test
  void whatHasNoJobAndNoResultAfterARestartWasDeleted() {
    Ledger ledger = new Ledger();
    started(ledger, Runs.active(10));
    started(ledger, Runs.active(20));

    ledger.lost(Set.of(Runs.active(20).key()));

    assertThat(ledger.recentRuns().get(1).result()).isEqualTo("Deleted");
    assertThat(ledger.recentRuns().get(0).result()).isNull();
  }

  private static void started(Ledger ledger, Run run) {
    ledger.started(run, run.name(), 1);
  }
}
