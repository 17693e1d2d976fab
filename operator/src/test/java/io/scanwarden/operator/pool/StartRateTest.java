package io.scanwarden.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class StartRateTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");

  private final StartRate rate = new StartRate();

  @Test
  void goesOnAsLately() {
    for (int i = 0; i <= 4; i++) {
      rate.started(T.plusSeconds(10L * i));
    }

    assertThat(rate.expect(1, T.plusSeconds(42))).contains(T.plusSeconds(50));
    assertThat(rate.expect(3, T.plusSeconds(42))).contains(T.plusSeconds(70));
  }

  @Test
  void whoIsLateIsExpectedNow() {
    for (int i = 0; i <= 4; i++) {
      rate.started(T.plusSeconds(10L * i));
    }

    assertThat(rate.expect(1, T.plusSeconds(300))).contains(T.plusSeconds(300));
    assertThat(rate.expect(2, T.plusSeconds(300))).contains(T.plusSeconds(310));
  }

  @Test
  void saysNothingOfWhatItDoesNotKnow() {
    assertThat(rate.expect(1, T)).isEmpty();
    for (int i = 0; i <= 3; i++) {
      rate.started(T);
    }
    assertThat(rate.expect(1, T)).isEmpty();
    rate.started(T.plusSeconds(1));
    assertThat(rate.expect(1, T)).isPresent();
    assertThat(rate.expect(1, T.plusSeconds(4000))).isEmpty();
  }
}
