package io.scanwarden.operator.leader;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes part in the election of the one process that acts. A process that led and no longer does
 * halts: it is started anew, as a standby that knows nothing of what it had decided.
 */
public final class Leadership implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Leadership.class);

  /** How long {@link #close} waits for the Lease to be given back. */
  private static final Duration RELEASE_WAIT = Duration.ofSeconds(2);

  private final KubernetesClient client;
  private final Options options;
  private final LeadershipListener listener;
  private final Halt halt;
  private final LeaseFence fence;
  private final ElectionLock lock;
  private final ExecutorService executor =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("election").factory());
  private final Thread watchdog =
      Thread.ofPlatform().daemon().name("fence-watchdog").unstarted(this::watch);
  private volatile boolean closing;
  private @Nullable CompletableFuture<?> election;

  /**
   * Prepares to take part.
   *
   * @param electionClient of its own, so that nothing else can delay a renewal; its requests end
   *     after {@link Options#requestTimeout} and are not repeated
   */
  public Leadership(KubernetesClient electionClient, Options options, LeadershipListener listener) {
    this(
        electionClient,
        options,
        listener,
        new LeaseFence(options.renewDeadline(), LeaseFence.Moment::now),
        Halt.JVM);
  }

  Leadership(
      KubernetesClient electionClient,
      Options options,
      LeadershipListener listener,
      LeaseFence fence,
      Halt halt) {
    this.client = electionClient;
    this.options = options;
    this.listener = listener;
    this.fence = fence;
    this.lock = new ElectionLock(options, fence);
    this.halt = halt;
  }

  /** The fence that all writing clients of this process obey. */
  public WriteFence fence() {
    return fence;
  }

  /** Starts to take part; returns at once. */
  public synchronized void start() {
    LeaderCallbacks callbacks =
        new LeaderCallbacks(this::leading, () -> lost("the Lease was lost"), this::observed);
    log.info("Standing for election as {} at {}", options.identity(), lock.describe());
    election =
        new LeaderElector(client, new PromptElection(lock, options, callbacks), executor).start();
  }

  /** Whether the election goes on: the Lease was looked at lately, with whatever success. */
  public boolean alive() {
    return closing || lock.idle().compareTo(options.leaseDuration().multipliedBy(3)) < 0;
  }

  /** Halts the process: one that cannot act must not lead. The Lease expires by itself. */
  public void giveUp(String why) {
    lost(why);
  }

  /** Closes the fence, then gives the Lease back, if held, within two seconds. */
  @Override
  public void close() {
    close(true);
  }

  /** Closes the fence and lets the Lease expire by itself: a write may still be under way. */
  public void abandon() {
    close(false);
  }

  private synchronized void close(boolean giveBack) {
    closing = true;
    fence.close();
    watchdog.interrupt();
    CompletableFuture<?> running = election;
    if (giveBack && running != null) {
      // The elector releases in the thread that cancels, after a request that may be under way.
      Thread release =
          Thread.ofPlatform().daemon().name("lease-release").start(() -> running.cancel(true));
      join(release, RELEASE_WAIT);
    }
    executor.shutdownNow();
  }

  private void leading() {
    long term = fence.term().orElse(-1);
    log.info("Leading, term {}", term);
    watchdog.start();
    Thread.ofPlatform()
        .name("lead")
        .start(
            () -> {
              try {
                listener.onLead(term);
              } catch (Throwable e) {
                log.error("Could not begin to lead", e);
                lost("could not begin to lead: " + e);
              }
            });
  }

  private void observed(@Nullable String leader) {
    if (!options.identity().equals(leader)) {
      log.info("The leader is {}", leader == null || leader.isEmpty() ? "nobody" : leader);
    }
  }

  /** Halts once the fence has closed by itself, whatever the elector is doing at that time. */
  private void watch() {
    while (!closing) {
      Duration left = fence.left();
      if (!left.isPositive()) {
        lost("the Lease was not renewed within " + options.renewDeadline().toSeconds() + " s");
        return;
      }
      try {
        // Short sleeps: the wall clock, which counts too, may be stepped meanwhile.
        Thread.sleep(Duration.ofMillis(Math.clamp(left.toMillis() + 1, 1, 500)));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void lost(String why) {
    if (!closing) {
      fence.close();
      halt.halt(why);
    }
  }

  private static void join(Thread thread, Duration wait) {
    try {
      if (!thread.join(wait)) {
        log.warn(
            "The Lease was not given back within {} s; it expires by itself", wait.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

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
      Duration retryPeriod) {
    public static final Duration DEFAULT_LEASE_DURATION = Duration.ofSeconds(15);
    public static final Duration DEFAULT_RENEW_DEADLINE = Duration.ofSeconds(10);
    public static final Duration DEFAULT_RETRY_PERIOD = Duration.ofSeconds(2);

    /**
     * Checks what client-go checks, and that the lease duration has whole seconds, as a Lease has.
     *
     * @throws IllegalArgumentException with a message in terms of the command line's options
     */
    public Options {
      if (leaseDuration.toNanosPart() != 0 || leaseDuration.isZero()) {
        throw new IllegalArgumentException(
            "--leader-elect-lease-duration must be in whole seconds, at least 1s");
      }
      if (leaseDuration.compareTo(renewDeadline) <= 0) {
        throw new IllegalArgumentException(
            "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline");
      }
      if (!retryPeriod.isPositive()) {
        throw new IllegalArgumentException("--leader-elect-retry-period must be greater than zero");
      }
      if (renewDeadline.toNanos() <= 1.2 * retryPeriod.toNanos()) {
        throw new IllegalArgumentException(
            "--leader-elect-renew-deadline must be greater than 1.2 times --leader-elect-retry-period");
      }
    }

    /** The same with the Lease in this namespace. */
    public Options inNamespace(String other) {
      return new Options(other, name, identity, leaseDuration, renewDeadline, retryPeriod);
    }

    /**
     * How long a request of the election, or a write of this process, may take: less than lies
     * between the closing of the fence and the moment when another process may take over.
     */
    public Duration requestTimeout() {
      Duration margin = leaseDuration.minus(renewDeadline).multipliedBy(3).dividedBy(5);
      Duration most = Duration.ofSeconds(3);
      return margin.compareTo(most) < 0 ? margin : most;
    }
  }

  /** Ends the process. */
  @FunctionalInterface
  interface Halt {
    void halt(String why);

    /**
     * Says why and ends at once, without shutdown hooks, and also when nobody takes the log's
     * lines.
     */
    Halt JVM =
        why -> {
          Thread line =
              Thread.ofPlatform()
                  .daemon()
                  .start(() -> log.error("No longer leading: {}. Halting", why));
          try {
            line.join(Duration.ofMillis(300));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          Runtime.getRuntime().halt(1);
        };
  }
}
