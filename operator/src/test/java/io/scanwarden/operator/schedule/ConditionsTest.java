package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.operator.observe.Conditions;
import io.scanwarden.operator.observe.Notice;
import io.scanwarden.operator.observe.Verdict;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConditionsTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00.900Z");

  private static List<String> text(List<Condition> conditions) {
    return conditions.stream()
        .map(c -> c.getType() + "=" + c.getStatus() + " " + c.getReason())
        .toList();
  }

  @Test
  void asKstatusWantsThem() {
    Notice warning = new Notice(Conditions.TEMPLATE_WARNING, "ServerWarning", "w");
    assertThat(text(Conditions.of(Verdict.ready("Scheduled", "m"), List.of(), 1, List.of(), T)))
        .containsExactly("Ready=True Scheduled");
    assertThat(
            text(
                Conditions.of(Verdict.stalled("InvalidSchedule", "m"), List.of(), 1, List.of(), T)))
        .containsExactly("Ready=False InvalidSchedule", "Stalled=True InvalidSchedule");
    assertThat(
            text(
                Conditions.of(
                    Verdict.reconciling("CreateFailed", "m"), List.of(warning), 1, List.of(), T)))
        .containsExactly(
            "Ready=False CreateFailed",
            "Reconciling=True CreateFailed",
            "JobTemplateWarning=True ServerWarning");
  }

  @Test
  void theTransitionTimeIsThatOfTheStatus() {
    List<Condition> first =
        Conditions.of(Verdict.ready("Scheduled", "m"), List.of(), 1, List.of(), T);
    List<Condition> same =
        Conditions.of(Verdict.ready("Suspended", "n"), List.of(), 2, first, T.plusSeconds(60));
    List<Condition> other =
        Conditions.of(Verdict.stalled("Bad", "n"), List.of(), 3, same, T.plusSeconds(120));

    assertThat(first.getFirst().getLastTransitionTime()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(same.getFirst().getLastTransitionTime()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(same.getFirst().getObservedGeneration()).isEqualTo(2);
    assertThat(other)
        .extracting(Condition::getLastTransitionTime)
        .containsOnly("2026-01-01T00:02:00Z");
  }
}
