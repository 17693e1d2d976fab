package io.scanwarden.operator.leader;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeadershipOptionsTest {
  @Test
  void requestsEndBeforeAnotherMayLead() {
    assertThat(options(ofSeconds(15), ofSeconds(10), ofSeconds(2)).requestTimeout())
        .isEqualTo(ofSeconds(3));
    assertThat(options(ofSeconds(3), ofSeconds(2), ofMillis(500)).requestTimeout())
        .isEqualTo(ofMillis(600));
  }

  @Test
  void contradictionsAreRefused() {
    refused(
        ofSeconds(10),
        ofSeconds(10),
        ofSeconds(2),
        "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline");
    refused(
        ofSeconds(15),
        ofSeconds(10),
        ofMillis(8400),
        "--leader-elect-renew-deadline must be greater than 1.2 times --leader-elect-retry-period");
    refused(
        ofMillis(15500),
        ofSeconds(10),
        ofSeconds(2),
        "--leader-elect-lease-duration must be in whole seconds, at least 1s");
    refused(
        ofSeconds(15),
        ofSeconds(10),
        Duration.ZERO,
        "--leader-elect-retry-period must be greater than zero");
  }

  private static void refused(Duration lease, Duration renew, Duration retry, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options(lease, renew, retry))
        .withMessage(message);
  }

  private static Leadership.Options options(Duration lease, Duration renew, Duration retry) {
    return new Leadership.Options("ns", "scanwarden", "me", lease, renew, retry);
  }
}
