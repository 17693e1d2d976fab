package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.observe.audit.AuditAction;
import io.scanwarden.operator.observe.audit.AuditEntry;
import io.scanwarden.operator.observe.audit.AuditEntry.Amounts;
import io.scanwarden.operator.tenant.Excess;
import io.scanwarden.operator.tenant.QuotaRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RefusalsTest {
  private static final Excess EXCESS = new Excess("team-a", "activeJobs", 10, 10, 1);

  private final List<String> events = new ArrayList<>();
  private final List<AuditEntry> audited = new ArrayList<>();
  private Instant now = Instant.parse("2026-03-01T12:00:00Z");
  private final Refusals refusals =
      new Refusals(
          (regarding, type, reason, action, message) ->
              events.add(
                  regarding.getNamespace()
                      + " "
                      + regarding.getKind()
                      + "/"
                      + regarding.getName()
                      + " "
                      + reason),
          audited::add,
          () -> now);

  @Test
  void eachRefusalIsAudited() {
    refusals.refused(job("a"), EXCESS, "jane");
    refusals.refused(job("b"), EXCESS, "jane");

    assertThat(audited).hasSize(2);
    AuditEntry first = audited.getFirst();
    assertThat(first.action()).isEqualTo(AuditAction.QUOTA_EXCEEDED);
    assertThat(first.tenant()).isEqualTo(Optional.of("team-a"));
    assertThat(first.kind() + "/" + first.name()).isEqualTo("Job/a");
    assertThat(first.reason()).isEqualTo(Optional.of("activeJobs"));
    assertThat(first.amounts()).isEqualTo(Optional.of(new Amounts(10, 10, 1)));
    assertThat(first.actor()).isEqualTo(Optional.of("jane"));
  }

  @Test
  void theFirstOfAMinuteIsAnEvent() {
    refusals.refused(job("a"), EXCESS, "jane");
    refusals.refused(job("b"), EXCESS, "jane");
    refusals.refused(job("c"), new Excess("team-a", "retainedJobs", 5, 5, 1), "jane");
    now = now.plusSeconds(60);
    refusals.refused(job("d"), EXCESS, "jane");

    assertThat(events)
        .containsExactly(
            "ns Job/a QuotaExceeded", "ns Job/c QuotaExceeded", "ns Job/d QuotaExceeded");
  }

  @Test
  void aDryRunIsNobodysBusiness() {
    refusals.refused(new QuotaRequest(QuotaRequest.Kind.JOB, "ns", "a", "", true), EXCESS, "jane");

    assertThat(events).isEmpty();
    assertThat(audited).isEmpty();
  }

  private static QuotaRequest job(String name) {
    return new QuotaRequest(QuotaRequest.Kind.JOB, "ns", name, "", false);
  }
}
