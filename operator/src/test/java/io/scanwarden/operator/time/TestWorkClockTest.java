package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TestWorkClockTest {
  private static final Instant START = Instant.parse("2026-10-25T00:59:50Z");

  private final AtomicLong nanos = new AtomicLong(-7);

  @Test
  void runsAsFastAsItWasTold() {
    TestWorkClock clock = new TestWorkClock(START, 60, nanos::get);

    nanos.addAndGet(1_500_000_000);

    assertThat(clock.instant()).isEqualTo(START.plusSeconds(90));
    assertThat(clock.realTimeUntil(START.plusSeconds(210))).isEqualTo(Duration.ofSeconds(2));
    assertThat(clock.realTimeUntil(START)).isZero();
  }

  @Test
  void whoWaitsAsLongAsToldFindsTheInstantReached() {
    TestWorkClock clock = new TestWorkClock(START, 7, nanos::get);
    Instant until = START.plusNanos(1_000_000_001);

    nanos.addAndGet(clock.realTimeUntil(until).toNanos());

    assertThat(clock.instant()).isAfterOrEqualTo(until);
  }

  @Test
  void aStoppedClockNeverGetsThere() {
    TestWorkClock clock = new TestWorkClock(START, 0, nanos::get);

    nanos.addAndGet(1_000_000_000);

    assertThat(clock.instant()).isEqualTo(START);
    assertThat(clock.realTimeUntil(START.plusNanos(1)))
        .isGreaterThanOrEqualTo(Duration.ofDays(365));
  }

  @Test
  void jumpsAreTold() {
    TestWorkClock clock = new TestWorkClock(START, 1, nanos::get);
    AtomicInteger jumps = new AtomicInteger();
    WorkClock.Registration registration = clock.onJump(jumps::incrementAndGet);

    clock.set(START.minusSeconds(3600), 2);
    registration.close();
    clock.set(START, 1);

    assertThat(jumps).hasValue(1);
    assertThat(clock.instant()).isEqualTo(START);
  }

  @Test
  void isReadFromTheCommandLine() {
    assertThat(TestWorkClock.parse("2026-10-25T00:59:50Z").rate()).isEqualTo(1);
    assertThat(TestWorkClock.parse("2026-10-25T00:59:50Z*0.5").rate()).isEqualTo(0.5);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestWorkClock.parse("tomorrow"))
        .withMessage(
            "'tomorrow' is not a time such as 2026-10-25T00:59:50Z or, sped up, 2026-10-25T00:59:50Z*60");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestWorkClock.parse("2026-10-25T00:59:50Z*NaN"))
        .withMessage("the clock's rate must be between 0 and 1000000, not NaN");
  }
}
