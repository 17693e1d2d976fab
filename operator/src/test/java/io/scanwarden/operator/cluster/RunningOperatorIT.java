package io.scanwarden.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The operator as a process: what tests that start it rely on. */
@ControlPlaneTest
class RunningOperatorIT {
  private static final Instant FUTURE = Instant.parse("2035-01-01T00:00:00Z");

  @Test
  void leadsTellsAndStops(ControlPlane plane) {
    try (RunningOperator operator =
        RunningOperator.of(plane).withTestClock(Instant.now(), 1).start()) {
      operator.awaitLeading();

      assertThat(operator.get("/readyz").body()).isEqualTo("ok");
      assertThat(operator.metric("scanwarden_leader")).isEqualTo(1);
      operator.setClock(FUTURE, 0);
      assertThat(operator.clock()).isEqualTo(FUTURE);
      assertThat(lease(plane)).contains("_");

      operator.stop();

      assertThat(operator.isAlive()).isFalse();
      assertThat(lease(plane)).isEmpty();
    }
  }

  @Test
  void anotherTakesOverFromOneThatWasKilled(ControlPlane plane) {
    Duration lease = Duration.ofSeconds(6);
    Duration deadline = Duration.ofSeconds(4);
    Duration retry = Duration.ofMillis(500);
    try (RunningOperator first =
            RunningOperator.of(plane).withLease(lease, deadline, retry).start().awaitLeading();
        RunningOperator second =
            RunningOperator.of(plane).withLease(lease, deadline, retry).start()) {
      await().atMost(Duration.ofSeconds(30)).until(() -> second.get("/readyz").statusCode() == 200);
      assertThat(second.metric("scanwarden_leader")).isZero();

      first.kill();

      assertThatCode(second::awaitLeading).doesNotThrowAnyException();
    }
  }

  private static String lease(ControlPlane plane) {
    return plane
        .kubectl("get", "lease", "scanwarden", "-o", "jsonpath={.spec.holderIdentity}")
        .orThrow()
        .stdout();
  }
}
