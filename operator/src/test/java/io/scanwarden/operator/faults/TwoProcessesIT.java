package io.scanwarden.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import io.scanwarden.operator.faults.JobLog.Life;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two operators stand for one Lease: never two act, and one does soon after the other no longer.
 */
@ControlPlaneTest
@NullUnmarked
class TwoProcessesIT {
  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(4);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Nobody who waits for this to be over is done in time. */
  private static final Duration LONG_LEASE = PATIENCE.multipliedBy(5);

  private ControlPlane plane;
  private JobLog jobs;
  private StatusLog statuses;
  private LeaseLog leases;
  private final List<RunningOperator> operators = new ArrayList<>();
  private RunningOperator leader;
  private RunningOperator standby;

  @BeforeEach
  void follow(ControlPlane controlPlane) {
    plane = controlPlane;
    RunningOperator.install(plane);
    jobs = new JobLog(plane.admin(), plane.namespace());
    statuses = new StatusLog(plane.admin(), plane.namespace());
    leases = new LeaseLog(plane.admin(), plane.namespace());
    plane.apply(
        """
        apiVersion: scanwarden.io/v1alpha1
        kind: ScanSchedule
        metadata: {name: second}
        spec:
          triggers: [{every: 1s}]
          concurrencyPolicy: Allow
          missedRunPolicy: All
          startingDeadlineSeconds: 600
          jobTemplate:
            spec:
              template:
                metadata: {annotations: {dev.scanwarden.io/run-for: 100ms}}
                spec: {restartPolicy: Never, containers: [{name: scanner, image: scanner}]}
        """);
  }

  private void startTwo(Duration lease) {
    leader = launch(lease).awaitLeading();
    standby = launch(lease);
    await().atMost(PATIENCE).until(() -> standby.get("/readyz").statusCode() == 200);
    following(2, Instant.now());
  }

  private RunningOperator launch(Duration lease) {
    RunningOperator operator =
        RunningOperator.of(plane)
            .withLease(lease, RENEW_DEADLINE, RETRY)
            .toleratingErrors()
            .start();
    operators.add(operator);
    return operator;
  }

  @AfterEach
  void stop() {
    for (RunningOperator operator : operators) {
      if (operator.isAlive()) {
        operator.resume(); // should the test have failed while it was paused
      }
      operator.close();
    }
    leases.close();
    statuses.close();
    jobs.close();
  }

  @Test
  void oneLeadsAndTheOtherIsReadyAndWritesNothing() {
    startTwo(LEASE);

    assertThat(leader.metric("scanwarden_leader")).isEqualTo(1);
    assertThat(leader.metric("scanwarden_leader_term")).isEqualTo((double) term());
    assertThat(leader.get("/readyz").statusCode()).isEqualTo(200);

    assertThat(standby.metric("scanwarden_leader")).isZero();
    assertThat(standby.metric("scanwarden_leader_term")).isEqualTo(-1);
    assertThat(standby.get("/readyz").statusCode()).isEqualTo(200);
    assertThat(standby.get("/livez").statusCode()).isEqualTo(200);
    assertThat(standby.metric("scanwarden_api_writes_total")).as("its writes").isZero();
    assertThat(leader.metric("scanwarden_api_writes_total", "resource=\"jobs\"")).isPositive();
    check();
  }

  @Test
  void afterSigtermTheOtherActsAndDoesNotWaitForTheLeaseToExpire() {
    startTwo(LONG_LEASE);
    long oldTerm = term();

    leader.stop();

    standby.awaitLeading();
    following(2, Instant.now());
    List<LeaseLog.Held> changes = changesSince(oldTerm);
    assertThat(changes.getFirst().holder()).as("the Lease is released").isEmpty();
    assertThat(changes.getLast().term()).isEqualTo(oldTerm + 1);
    check();
  }

  @Test
  void afterSigkillTheOtherActsWhenTheLeaseHasExpiredAndNotBefore() {
    startTwo(LEASE);
    long oldTerm = term();

    leader.kill();

    standby.awaitLeading();
    following(2, Instant.now());
    LeaseLog.Held last =
        leases.versions().stream()
            .filter(held -> held.term() == oldTerm)
            .reduce((older, newer) -> newer)
            .orElseThrow();
    List<LeaseLog.Held> changes = changesSince(oldTerm);
    assertThat(changes.stream().map(LeaseLog.Held::term).toList()).containsExactly(oldTerm + 1);
    assertThat(changes.getFirst().acquired())
        .as("by the record of the one that was killed, %s", last)
        .isAfter(last.expires());
    check();
  }

  @Test
  void oneThatWasPausedWritesNothingAnyMoreAndHalts() throws Exception {
    startTwo(LEASE);
    long oldTerm = term();
    CompletableFuture<?> other = leases.after(oldTerm);

    leader.pause();
    other.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    standby.awaitLeading();
    following(2, Instant.now());
    int before = jobs.lives().size();
    leader.resume();

    assertThat(leader.exit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1);
    following(3, Instant.now());
    List<Life> since = jobs.lives();
    assertThat(since.subList(before, since.size())).noneMatch(life -> life.term() <= oldTerm);
    assertThat(standby.metric("scanwarden_leader")).isEqualTo(1);
    check();
  }

  // ---- what holds in the end

  private void check() {
    List<Life> lives = jobs.lives();
    Rules.oneJobPerInstant(lives);
    Rules.inOrder(lives);
    StatusLog.Version newest = statuses.newest().values().iterator().next();
    assertThat(lives.stream().map(Life::instant).toList())
        .as("Jobs of all instants")
        .isEqualTo(instants(newest.created(), lives.getLast().instant()));
    assertThat(statuses.versions().stream().map(v -> String.valueOf(v.status().cursor())).toList())
        .filteredOn(cursor -> !cursor.equals("null"))
        .isSorted();
    terms(lives);
  }

  /** Every Job was started in the term that its annotation says, by whoever led then. */
  private void terms(List<Life> lives) {
    assertThat(lives.stream().map(Life::term).toList()).as("terms").isSorted();
    List<LeaseLog.Held> changes =
        leases.changes().stream().filter(held -> !held.holder().isEmpty()).toList();
    assertThat(changes.stream().map(LeaseLog.Held::term).toList())
        .as("terms of the Lease: one holder each")
        .doesNotHaveDuplicates()
        .isSorted();
    for (Life life : lives) {
      LeaseLog.Held held =
          changes.stream().filter(h -> h.term() == life.term()).findFirst().orElseThrow();
      // Times of creation have whole seconds.
      assertThat(life.created())
          .as("%s", life)
          .isAfterOrEqualTo(held.acquired().truncatedTo(ChronoUnit.SECONDS));
      changes.stream()
          .filter(h -> h.term() > life.term())
          .findFirst()
          .ifPresent(next -> assertThat(life.created()).as("%s", life).isBefore(next.acquired()));
    }
  }

  private static List<Instant> instants(Instant after, Instant upTo) {
    return Stream.iterate(after.plusSeconds(1), i -> !i.isAfter(upTo), i -> i.plusSeconds(1))
        .toList();
  }

  // ---- waiting

  private long term() {
    return leases.changes().getLast().term();
  }

  /** The changes after that term's holder took the Lease. */
  private List<LeaseLog.Held> changesSince(long term) {
    return leases.changes().stream().dropWhile(held -> held.term() < term).skip(1).toList();
  }

  /** Waits until so many instants after that moment have a Job. */
  private void following(int n, Instant moment) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () ->
                jobs.lives().stream().filter(life -> life.instant().isAfter(moment)).count() >= n);
  }
}
