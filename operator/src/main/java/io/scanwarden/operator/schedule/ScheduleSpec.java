package io.scanwarden.operator.schedule;

import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.MissedRunPolicy;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.time.Timeline;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What decisions need of a ScanSchedule's spec, checked and with its defaults filled in.
 *
 * @param maxQueued how many runs may wait, at most {@link #MAX_QUEUED}
 * @param timeout the Jobs' activeDeadlineSeconds
 * @param queueTimeout how long a run may wait, from the moment at which it was due
 * @param stuckAfter how long a run may take before it counts as stuck
 * @param targets never none: the empty name where the schedule has no targets
 * @param pool in whose queue the Jobs wait
 * @param priority in that queue, the higher the earlier
 * @param slots how many of the pool's a Job takes
 * @param ttl how long finished Jobs are kept, as the template says it
 */
record ScheduleSpec(
    Timeline timeline,
    boolean suspend,
    ConcurrencyPolicy concurrencyPolicy,
    Optional<String> concurrencyGroup,
    int maxQueued,
    MissedRunPolicy missedRunPolicy,
    Optional<Duration> startingDeadline,
    Optional<Duration> timeout,
    Optional<Duration> queueTimeout,
    Duration stuckAfter,
    Optional<RetryPolicy> retry,
    List<String> targets,
    Optional<StaggerPolicy> stagger,
    int successfulJobsHistoryLimit,
    int failedJobsHistoryLimit,
    Optional<Duration> ttl,
    Optional<PoolKey> pool,
    int priority,
    int slots) {

  /** More runs of one schedule never wait: each stands in its status. */
  static final int MAX_QUEUED = 100;

  /**
   * So many claims at most stand in a status, with what is left of runs that have begun: more than
   * all that may wait and a retry of each target, less than the schema allows.
   */
  static final int MAX_CLAIMS = 240;

  static final Duration STUCK_AFTER = Duration.ofHours(4);

  /** What a schedule without targets has instead. */
  static final List<String> NO_TARGETS = List.of("");

  ScheduleSpec {
    targets = List.copyOf(targets);
  }
}
