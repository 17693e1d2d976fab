package io.scanwarden.operator.leader;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/**
 * A leader that holds the Lease and has nobody to halt it: neither an elector that would notice the
 * loss, nor a watchdog. Its time passes only when a test says so.
 */
public final class PausedLeader {
  private static final Duration LEASE = Duration.ofSeconds(15);
  private static final Duration RENEW_DEADLINE = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(2);

  private final KubernetesClient election;
  private long nanos;
  private final LeaseFence fence =
      new LeaseFence(
          RENEW_DEADLINE, () -> new LeaseFence.Moment(nanos, Duration.ofNanos(nanos).toMillis()));
  private final ElectionLock lock =
      new ElectionLock(
          new Leadership.Options("ns", "scanwarden", "paused", LEASE, RENEW_DEADLINE, RETRY),
          fence);

  /** Writes its name into a new Lease. */
  public PausedLeader(KubernetesClient election) {
    this.election = election;
    ZonedDateTime now = ZonedDateTime.now(ZoneOffset.UTC);
    lock.create(election, new LeaderElectionRecord("paused", LEASE, now, now, 1));
  }

  /** The fence that its clients obey. */
  public WriteFence fence() {
    return fence;
  }

  /** Until a moment before the fence closes. */
  public void pauseAlmostTooLong() {
    nanos += RENEW_DEADLINE.toNanos() - 1;
  }

  /** From just before that moment to just after it. */
  public void pauseAMomentLonger() {
    nanos += 1;
  }

  /** Who holds the Lease. */
  public String holder() {
    return election
        .leases()
        .inNamespace("ns")
        .withName("scanwarden")
        .get()
        .getSpec()
        .getHolderIdentity();
  }
}
