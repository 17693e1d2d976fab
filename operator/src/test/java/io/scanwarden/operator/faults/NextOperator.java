package io.scanwarden.operator.faults;

import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.util.function.UnaryOperator;

/** An operator that follows one that was killed, without the wait for its Lease. */
final class NextOperator {
  /** A start that the API server does not answer within seconds ends at once. */
  private static final int STARTS = 5;

  private NextOperator() {}

  static RunningOperator start(
      ControlPlane plane, UnaryOperator<RunningOperator.Launch> differences) {
    // A Lease that a busy machine does not lose; that of a dead one is given up in its name.
    giveUpLease(plane);
    RunningOperator.Launch launch =
        differences.apply(
            RunningOperator.of(plane)
                .withLease(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofMillis(500)));
    for (int tries = 1; ; tries++) {
      try {
        return launch.start();
      } catch (AssertionError e) {
        // Somebody starts it again, as a kubelet would.
        boolean overloaded = String.valueOf(e.getMessage()).contains("cannot reach the Kubernetes");
        if (!overloaded || tries == STARTS) {
          throw e;
        }
      }
    }
  }

  private static void giveUpLease(ControlPlane plane) {
    var lease = plane.admin().leases().inNamespace(plane.namespace()).withName("scanwarden");
    if (lease.get() != null) {
      lease.edit(l -> l.edit().editSpec().withHolderIdentity("").endSpec().build());
    }
  }
}
