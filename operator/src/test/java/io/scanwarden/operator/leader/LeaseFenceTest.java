package io.scanwarden.operator.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaseFenceTest {
  private long nanos = 5;
  private long millis = 1_000_000;
  private final LeaseFence fence =
      new LeaseFence(Duration.ofSeconds(10), () -> new LeaseFence.Moment(nanos, millis));

  @Test
  void isClosedBeforeTheLeaseIsHeld() {
    assertThat(fence.isOpen()).isFalse();
    assertThat(fence.term()).isEmpty();
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(fence::check)
        .withMessage("write refused: this process does not lead");
  }

  @Test
  void isOpenForTheRenewDeadlineAfterARenewalWasSent() {
    LeaseFence.Moment sent = fence.now();
    pass(Duration.ofSeconds(3));
    fence.renewed(4, sent);

    pass(Duration.ofMillis(6_999));
    assertThat(fence.isOpen()).isTrue();
    assertThat(fence.term()).hasValue(4);
    assertThat(fence.left()).isEqualTo(Duration.ofMillis(1));

    pass(Duration.ofMillis(1));
    assertThat(fence.isOpen()).isFalse();
    assertThat(fence.term()).isEmpty();
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(fence::check)
        .withMessage("write refused: the Lease was not renewed for 10 s");
  }

  @Test
  void timeThatOnlyTheWallClockSawCountsToo() {
    fence.renewed(4, fence.now());
    millis += 10_000; // the machine was suspended

    assertThat(fence.isOpen()).isFalse();
  }

  @Test
  void aWallClockThatIsSetBackChangesNothing() {
    fence.renewed(4, fence.now());
    nanos += Duration.ofSeconds(10).toNanos();
    millis -= 3_600_000;

    assertThat(fence.isOpen()).isFalse();
  }

  @Test
  void onceClosedItStaysClosed() {
    fence.close();
    fence.renewed(4, fence.now());

    assertThat(fence.isOpen()).isFalse();
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
    millis += time.toMillis();
  }
}
