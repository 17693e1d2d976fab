package io.scanwarden.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import io.scanwarden.operator.faults.JobLog.Life;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Two operators stand for one Lease: never two act, and one does soon after the other no longer.
 */
@ControlPlaneTest
class TwoProcessesIT {
  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(4);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private ControlPlane plane;
  private JobLog jobs;
  private StatusLog statuses;
  private LeaseLog leases;
  private RunningOperator leader;
  private RunningOperator standby;

  @BeforeEach
  void start(ControlPlane controlPlane) {
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
    leader = launch().start().awaitLeading();
    standby = launch().start();
    await().atMost(PATIENCE).until(() -> standby.get("/readyz").statusCode() == 200);
    following(2, Instant.now());
  }

  private RunningOperator.Launch launch() {
    return RunningOperator.of(plane).withLease(LEASE, RENEW_DEADLINE, RETRY).toleratingErrors();
  }

  @AfterEach
  void stop() {
    for (RunningOperator operator : List.of(leader, standby)) {
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
  void afterSigtermTheOtherActsWithinThreeSeconds() {
    CompletableFuture<Instant> next = leases.after(term()).thenApply(lease -> Instant.now());
    Instant told = Instant.now();

    leader.stop();

    assertThat(changesSince(told).getFirst().holder()).as("the Lease is released").isEmpty();
    assertThat(within(next)).isBefore(told.plusSeconds(3));
    standby.awaitLeading();
    assertThat(following(1, told)).isBefore(told.plusSeconds(3));
    following(2, Instant.now());
    check();
  }

  @Test
  void afterSigkillTheOtherActsWhenTheLeaseHasExpired() {
    CompletableFuture<Instant> acts =
        leases.after(term()).thenCompose(lease -> jobs.created(1)).thenApply(job -> Instant.now());
    Instant killed = Instant.now();

    leader.kill();

    assertThat(within(acts)).isBefore(killed.plus(LEASE).plus(RETRY).plusSeconds(2));
    following(2, Instant.now());
    check();
  }

  @Test
  void oneThatWasPausedWritesNothingAnyMoreAndHalts() throws Exception {
    long oldTerm = term();
    CompletableFuture<?> other = leases.after(oldTerm);

    leader.pause();
    other.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    standby.awaitLeading();
    following(2, Instant.now());
    Instant resumed = Instant.now();
    int before = jobs.lives().size();
    leader.resume();

    assertThat(leader.exit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(Instant.now()).isBefore(resumed.plusSeconds(3));
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
      assertThat(life.created()).as("%s", life).isAfter(held.received().minusSeconds(2));
      changes.stream()
          .filter(h -> h.term() > life.term())
          .findFirst()
          .ifPresent(next -> assertThat(life.created()).as("%s", life).isBefore(next.received()));
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

  private List<LeaseLog.Held> changesSince(Instant moment) {
    return leases.changes().stream().filter(held -> held.received().isAfter(moment)).toList();
  }

  /** Waits until so many instants after that moment have a Job. When that was seen. */
  private Instant following(int n, Instant moment) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .until(
            () ->
                jobs.lives().stream().filter(life -> life.instant().isAfter(moment)).count() >= n);
    return Instant.now();
  }

  private static Instant within(CompletableFuture<Instant> moment) {
    return moment.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
  }
}
