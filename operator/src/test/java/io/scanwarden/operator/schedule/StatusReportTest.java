package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.observe.Verdict;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatusReportTest {
  private static final Instant CURSOR = Instant.parse("2026-12-20T12:00:00Z");

  private static Verdict verdict(String fields, Ledger ledger) throws InvalidScheduleException {
    String json = ("{" + fields + ",'jobTemplate':{}}").replace('\'', '"');
    ScheduleSpec spec =
        SpecReader.read(
            new ScheduleKey("ns", "scan"), RawJson.of(json.getBytes(StandardCharsets.UTF_8)));
    return StatusReport.verdict(spec, ledger, Optional.empty(), Optional.empty());
  }

  private static Ledger ledger() {
    Ledger ledger = new Ledger();
    ledger.begin(1, CURSOR);
    return ledger;
  }

  private static Ledger used() {
    Ledger ledger = ledger();
    ledger.dropped(
        new Decision.Drop(new RunKey.Clock(CURSOR), Trigger.CRON, NotRunReason.EXCLUDED, "x"));
    return ledger;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'schedule':'0 3 * * *' | runs at 0 3 * * *",
        "'schedule':'0 3 * * *','notAfter':'2027-11-01T00:00:00Z'"
            + "| runs at 0 3 * * * until 2027-11-01T00:00:00Z",
        "'schedule':'0 3 * * *','exclusions':[{'from':'2026-12-20T00:00:00Z','to':'2026-12-24T00:00:00Z'}]"
            + "| runs at 0 3 * * *; next 2026-12-24T03:00:00Z: 3 instants before it are excluded",
        "'schedule':'0 3 * * *','notBefore':'2027-01-01T00:00:00Z','notAfter':'2027-02-01T00:00:00Z'"
            + "| runs at 0 3 * * * until 2027-02-01T00:00:00Z; next 2027-01-01T03:00:00Z: nothing is due before"
            + " 2027-01-01T00:00:00Z",
        "'schedule':'0 3 1 1 *','notBefore':'2026-12-31T00:00:00Z' | runs at 0 3 1 1 *",
      })
  void saysWhyTheNextRunIsWhenItIs(String fields, String message) throws InvalidScheduleException {
    assertThat(verdict(fields, ledger())).isEqualTo(Verdict.ready("Scheduled", message));
  }

  @Test
  void whatIsOverIsCompleted() throws InvalidScheduleException {
    assertThat(verdict("'triggers':[{'at':'2026-12-20T12:00:00Z'}]", used()))
        .isEqualTo(Verdict.ready("Completed", "no instant is left"));
    assertThat(verdict("'schedule':'0 3 * * *','notAfter':'2026-12-20T13:00:00Z'", used()))
        .isEqualTo(
            Verdict.ready(
                "Completed", "no instant is left up to spec.notAfter, 2026-12-20T13:00:00Z"));
    assertThat(verdict("'triggers':[{'at':'2026-12-20T12:00:00Z'}]", ledger()).reason())
        .isEqualTo("Missed");
  }
}
