package io.scanwarden.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.WorkerPoolStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the status of a pool says when another process reported it before. */
class PoolStateTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final PoolNumbers IDLE = PoolNumbers.NONE;
  private static final PoolNumbers BUSY = new PoolNumbers(3, 2, Optional.of(T));

  private static PoolResource pool(long version, WorkerPoolStatus status) throws IOException {
    return JSON.readValue(
        """
        {"metadata":{"name":"small","namespace":"ns","uid":"u","generation":1,
          "resourceVersion":"%d"},"spec":{"maxConcurrent":3},"status":%s}"""
            .formatted(version, JSON.writeValueAsString(status)),
        PoolResource.class);
  }

  private static PoolState stateOf(PoolResource pool) {
    return new PoolState(pool);
  }

  private static WorkerPoolStatus none() {
    return new WorkerPoolStatus(null, null, null, null, null, null, null);
  }

  @Test
  void aNewLeaderCorrectsWhatTheLastOneReported() throws IOException {
    PoolState other = stateOf(pool(1, none()));
    WorkerPoolStatus idle = other.report(IDLE, 0, T).orElseThrow();
    other.reported(idle);
    PoolState standby = stateOf(pool(2, idle));

    WorkerPoolStatus busy = other.report(BUSY, 3, T).orElseThrow();
    standby.read(pool(3, busy));
    standby.lead(0);

    WorkerPoolStatus corrected = standby.report(IDLE, 0, T).orElseThrow();
    assertThat(corrected.running()).isZero();
    assertThat(corrected.startedTotal()).isEqualTo(3);
  }

  @Test
  void whatTheWatchTellsLateIsOfThePast() throws IOException {
    WorkerPoolStatus idle = stateOf(pool(1, none())).report(IDLE, 0, T).orElseThrow();
    WorkerPoolStatus busy = stateOf(pool(1, none())).report(BUSY, 3, T).orElseThrow();
    PoolState standby = stateOf(pool(2, idle));

    standby.read(pool(4, busy));
    standby.read(pool(3, idle));
    standby.lead(0);

    assertThat(standby.latest()).isEqualTo(busy);
    assertThat(standby.report(BUSY, 1, T).orElseThrow().startedTotal()).isEqualTo(4);
  }

  @Test
  void aPoolOfTheSameNameHasStartedNothing() throws IOException {
    PoolState again = stateOf(pool(1, none()));

    again.lead(7); // so many Jobs this process has started in the one before

    assertThat(again.report(IDLE, 9, T).orElseThrow().startedTotal()).isEqualTo(2);
  }
}
