package io.scanwarden.operator.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.assertj.core.api.Assertions;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class ElectionLockTest {
  KubernetesClient client;

  private long nanos = 1;
  private final LeaseFence fence =
      new LeaseFence(Duration.ofSeconds(10), () -> new LeaseFence.Moment(nanos, nanos / 1_000_000));
  private final ElectionLock lock = new ElectionLock(options("me"), fence);

  @Test
  void aRecordIsAsOldAsThisProcessHasKnownItWhateverTheOthersClockSays() {
    // Written by a machine whose clock is two hours behind.
    ZonedDateTime theirs = now().minusHours(2);
    lease("other", 15, theirs, 7);

    assertThat(lock.get(client).getRenewTime()).isAfter(now().minusSeconds(5));

    nanos += Duration.ofSeconds(12).toNanos();
    assertThat(lock.get(client).getRenewTime())
        .isBetween(now().minusSeconds(17), now().minusSeconds(12));

    lease("other", 15, theirs.plusSeconds(2), 7);
    assertThat(lock.get(client).getRenewTime()).isAfter(now().minusSeconds(5));
  }

  @Test
  void aClockThatRunsAheadIsNoExcuseForHoldingOn() {
    lease("other", 15, now().plusHours(2), 7);
    lock.get(client);
    nanos += Duration.ofSeconds(16).toNanos();

    LeaderElectionRecord record = lock.get(client);

    assertThat(record.getRenewTime().plus(record.getLeaseDuration())).isBefore(now());
  }

  @Test
  void theFenceOpensWithTheTermFromTheMomentTheWriteWasSent() {
    lease("other", 15, now(), 7);
    lock.get(client);

    lock.update(client, record("me", 8));

    assertThat(fence.term()).hasValue(8);
    assertThat(fence.left()).isEqualTo(Duration.ofSeconds(10));
    Lease written = stored();
    assertThat(written.getSpec().getHolderIdentity()).isEqualTo("me");
    assertThat(written.getSpec().getLeaseTransitions()).isEqualTo(8);
  }

  @Test
  void aReleaseClearsTheHolderAndDoesNotRenewTheFence() {
    lock.create(client, record("me", 0));
    nanos += Duration.ofSeconds(3).toNanos();
    lock.get(client);

    lock.update(client, record(null, 0));

    assertThat(stored().getSpec().getHolderIdentity()).isNull();
    assertThat(fence.left()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void labelsOfTheLeaseStay() {
    lease("other", 15, now(), 7);
    client
        .leases()
        .inNamespace("ns")
        .withName("scanwarden")
        .edit(
            l ->
                new LeaseBuilder(l)
                    .editMetadata()
                    .addToLabels("team", "sec")
                    .endMetadata()
                    .build());
    lock.get(client);

    lock.update(client, record("me", 8));

    assertThat(stored().getMetadata().getLabels()).containsEntry("team", "sec");
  }

  @Test
  void anotherWriteInBetweenIsAConflict() {
    lease("other", 15, now(), 7);
    lock.get(client);
    lease("third", 15, now(), 8);

    assertThatExceptionOfType(KubernetesClientException.class)
        .isThrownBy(() -> lock.update(client, record("me", 8)))
        .satisfies(e -> assertThat(e.getCode()).isEqualTo(409));
    assertThat(fence.isOpen()).isFalse();
  }

  @Test
  void aLeaseThatVanishedIsHeldUntilItExpiresAndItsTermGoesOn() {
    lease("other", 15, now(), 7);
    lock.get(client);
    client.leases().inNamespace("ns").withName("scanwarden").delete();
    nanos += Duration.ofSeconds(6).toNanos();

    LeaderElectionRecord record = lock.get(client);

    assertThat(record.getHolderIdentity()).isEqualTo("other");
    assertThat(record.getRenewTime()).isBetween(now().minusSeconds(9), now().minusSeconds(6));

    lock.update(client, record("me", record.getLeaderTransitions() + 1));
    assertThat(stored().getSpec().getLeaseTransitions()).isEqualTo(8);
  }

  @Test
  void aLeaseThatSomebodyMadeByHandIsReadable() {
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withNamespace("ns")
                .withName("scanwarden")
                .endMetadata()
                .build())
        .create();

    LeaderElectionRecord record = lock.get(client);

    assertThat(record.getHolderIdentity()).isNull();
    assertThat(record.getLeaderTransitions()).isZero();
    lock.update(client, record("me", 1));
    assertThat(fence.term()).hasValue(1);
  }

  @Test
  void thereMayBeNone() {
    Assertions.assertThat(lock.get(client)).isNull();
  }

  @Test
  void theNextLookComesWhenTheLeaseHasExpiredAndAfterTheRetryPeriodElse() {
    Duration retry = Duration.ofSeconds(2);
    assertThat(lock.untilNextLook(retry)).as("nothing is known").isEqualTo(retry);
    lease("other", 15, now(), 7);
    lock.get(client);
    assertThat(lock.untilNextLook(retry)).isEqualTo(retry);

    nanos += Duration.ofMillis(14_600).toNanos();
    assertThat(lock.untilNextLook(retry)).isEqualTo(Duration.ofMillis(400));
    nanos += Duration.ofMillis(500).toNanos();
    assertThat(lock.untilNextLook(retry)).as("just expired").isEqualTo(Duration.ofMillis(50));

    lock.get(client);
    assertThat(lock.untilNextLook(retry)).as("looked, and not taken").isEqualTo(retry);
  }

  @Test
  void itHoldsWhatItHasWritten() {
    lease("other", 15, now(), 7);
    lock.get(client);
    assertThat(lock.holds()).isFalse();

    lock.update(client, record("me", 8));
    assertThat(lock.holds()).isTrue();

    lock.update(client, record(null, 8));
    assertThat(lock.holds()).isFalse();
  }

  private static ZonedDateTime now() {
    return ZonedDateTime.now(ZoneOffset.UTC);
  }

  private static LeaderElectionRecord record(String holder, int term) {
    return new LeaderElectionRecord(holder, Duration.ofSeconds(15), now(), now(), term);
  }

  private Lease stored() {
    return client.leases().inNamespace("ns").withName("scanwarden").get();
  }

  private void lease(String holder, int seconds, ZonedDateTime renewed, int term) {
    Lease lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace("ns")
            .withName("scanwarden")
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(holder)
            .withLeaseDurationSeconds(seconds)
            .withAcquireTime(renewed)
            .withRenewTime(renewed)
            .withLeaseTransitions(term)
            .endSpec()
            .build();
    client.leases().inNamespace("ns").resource(lease).createOr(r -> r.update());
  }

  static Leadership.Options options(String identity) {
    return new Leadership.Options(
        "ns",
        "scanwarden",
        identity,
        Duration.ofSeconds(15),
        Duration.ofSeconds(10),
        Duration.ofSeconds(2));
  }
}
