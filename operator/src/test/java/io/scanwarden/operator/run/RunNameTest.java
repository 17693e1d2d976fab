package io.scanwarden.operator.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunNameTest {
  private static final Instant T = Instant.parse("2027-01-31T03:00:00Z");

  /** Whoever changes these starts runs again after an upgrade. */
  @Test
  void golden() {
    assertThat(RunName.of("image-audit", "u", new RunKey.Clock(T)))
        .isEqualTo("image-audit-1801364400");
    assertThat(RunName.of("image-audit", "u", new RunKey.Request(T)))
        .isEqualTo("image-audit-mkrhjvevmw");
    assertThat(RunName.alternative("image-audit", "u", AttemptKey.first(new RunKey.Clock(T), "")))
        .isEqualTo("image-audit-hqnq2ggoar");
  }

  @Test
  void allFitAndDiffer() {
    String longest = "a".repeat(52);
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      Instant t = T.plusSeconds(i);
      names.add(RunName.of(longest, "u", new RunKey.Clock(t)));
      names.add(RunName.of(longest, "u", new RunKey.Request(t)));
      names.add(RunName.alternative(longest, "u", AttemptKey.first(new RunKey.Clock(t), "")));
      names.add(RunName.alternative(longest, "v", AttemptKey.first(new RunKey.Clock(t), "")));
      names.add(RunName.alternative(longest, "u", AttemptKey.first(new RunKey.Request(t), "")));
    }

    assertThat(names)
        .hasSize(5000)
        .allMatch(name -> name.length() <= 63 && name.matches("[a-z0-9-]+"));
    assertThat(RunName.of("a".repeat(60), "u", new RunKey.Clock(T))).hasSize(63);
  }
}
