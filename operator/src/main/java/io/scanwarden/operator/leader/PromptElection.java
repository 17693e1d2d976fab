package io.scanwarden.operator.leader;

import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import java.time.Duration;

/**
 * How fabric8's elector runs, at a better pace: of itself it waits for up to 2.2 retry periods
 * between two looks at a Lease that another holds, and so twice adds that to the time without a
 * leader: before it sees the last renewal, and after that has expired. Here no two looks are
 * further apart than the retry period, and one comes as soon as the Lease has expired.
 */
final class PromptElection extends LeaderElectionConfig {
  /** The elector makes the pauses of those who do not lead longer by a random factor up to this. */
  private static final double LONGEST_JITTER = 2.2;

  private final ElectionLock lock;

  PromptElection(ElectionLock lock, Leadership.Options options, LeaderCallbacks callbacks) {
    super(
        lock,
        options.leaseDuration(),
        options.renewDeadline(),
        options.retryPeriod(),
        callbacks,
        /* releaseOnCancel= */ true,
        options.name());
    this.lock = lock;
  }

  /** Asked after each look at the Lease; not made longer for the one who leads. */
  @Override
  public Duration getRetryPeriod() {
    Duration period = super.getRetryPeriod();
    return lock.holds() ? period : divide(lock.untilNextLook(period));
  }

  private static Duration divide(Duration pause) {
    return Duration.ofMillis(Math.max(1, (long) (pause.toMillis() / LONGEST_JITTER)));
  }
}
