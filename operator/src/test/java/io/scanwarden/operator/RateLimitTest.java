package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private final AtomicLong nanos = new AtomicLong(1_000_000);
  private final RateLimit limit = new RateLimit(10, 3, nanos::get);

  @Test
  void aBurstThenSoManyASecond() {
    assertThat(limit.reserve()).isZero();
    assertThat(limit.reserve()).isZero();
    assertThat(limit.reserve()).isZero();
    assertThat(limit.reserve()).isEqualTo(Duration.ofMillis(100));
    assertThat(limit.reserve()).isEqualTo(Duration.ofMillis(200));
  }

  @Test
  void aRestFillsItUpToTheBurst() {
    for (int i = 0; i < 5; i++) {
      limit.reserve();
    }
    nanos.addAndGet(Duration.ofHours(1).toNanos());

    assertThat(limit.reserve()).isZero();
    assertThat(limit.reserve()).isZero();
    assertThat(limit.reserve()).isZero();
    assertThat(limit.reserve()).isPositive();
  }
}
