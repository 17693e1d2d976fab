package io.scanwarden.operator.pool;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.WorkerPoolSpec;
import io.scanwarden.api.v1alpha1.WorkerPoolStatus;
import io.scanwarden.operator.observe.Conditions;
import io.scanwarden.operator.observe.Verdict;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is known of one WorkerPool, and what its status is to say. */
final class PoolState {
  private static final Logger log = LoggerFactory.getLogger(PoolState.class);
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private final String uid;
  private @Nullable WorkerPoolSpec stored;
  private PoolSpec spec = PoolSpec.NOTHING;
  private Verdict verdict = Verdict.reconciling("Pending", "");
  private long version = -1;
  private long generation = -1;
  private WorkerPoolStatus reported;
  private WorkerPoolStatus latest;
  private long startedBefore;

  /** Reads one that was not known. */
  PoolState(PoolResource pool) {
    uid = pool.getMetadata().getUid();
    latest = status(pool);
    reported = latest;
    read(pool);
    lead(0);
  }

  private static WorkerPoolStatus status(PoolResource pool) {
    WorkerPoolStatus none = new WorkerPoolStatus(null, null, null, null, null, null, null);
    RawJson raw = pool.getStatus();
    if (raw == null) {
      return none;
    }
    try {
      return JSON.readValue(raw.newInputStream(), WorkerPoolStatus.class);
    } catch (IOException e) {
      log.warn("the status of WorkerPool {} cannot be read, and starts anew", pool.key(), e);
      return none;
    }
  }

  boolean isOf(PoolResource pool) {
    return uid.equals(pool.getMetadata().getUid());
  }

  /**
   * From now on this process reports it, and takes up what the one before has reported.
   *
   * @param started how many Jobs this process has started in pools of its name so far
   */
  synchronized void lead(long started) {
    reported = latest;
    startedBefore = (reported.startedTotal() == null ? 0 : reported.startedTotal()) - started;
  }

  /**
   * A reading of the same pool. One of an older version is of the past.
   *
   * @return whether its spec is another
   */
  synchronized boolean read(PoolResource pool) {
    long newVersion = Run.version(pool.getMetadata());
    if (newVersion <= version) {
      return false;
    }
    version = newVersion;
    latest = status(pool);
    if (pool.generation() <= generation) {
      return false;
    }
    generation = pool.generation();
    RawJson raw = pool.getSpec();
    if (raw == null) {
      invalid("spec is required");
      return true;
    }
    try {
      WorkerPoolSpec now = JSON.readValue(raw.newInputStream(), WorkerPoolSpec.class);
      stored = now;
      spec = PoolSpec.of(now);
      verdict = verdict(now);
    } catch (IOException e) {
      invalid("spec cannot be read: " + e.getMessage());
    } catch (InvalidScheduleException e) {
      invalid(String.valueOf(e.getMessage()));
    }
    return true;
  }

  private static Verdict verdict(WorkerPoolSpec spec) {
    if (Boolean.TRUE.equals(spec.suspend())) {
      return Verdict.ready("Suspended", "spec.suspend is true: nothing starts, what runs goes on");
    }
    return Verdict.ready(
        "Active",
        spec.maxConcurrent() == null
            ? "it has as many slots as are wanted"
            : "it has " + spec.maxConcurrent() + " slots");
  }

  /** What cannot be understood lets nothing start. */
  private void invalid(String message) {
    spec = PoolSpec.NOTHING;
    verdict = Verdict.stalled("InvalidPool", message);
  }

  /** The spec as it was last read; empty if none could be. */
  synchronized Optional<WorkerPoolSpec> stored() {
    return Optional.ofNullable(stored);
  }

  /** The status as it was last read. */
  synchronized WorkerPoolStatus latest() {
    return latest;
  }

  synchronized PoolSpec spec() {
    return spec;
  }

  /** The status to write; empty if the API server has it. */
  synchronized Optional<WorkerPoolStatus> report(PoolNumbers numbers, long started, Instant now) {
    List<Condition> before = Objects.requireNonNullElse(reported.conditions(), List.of());
    WorkerPoolStatus status =
        new WorkerPoolStatus(
            generation,
            Conditions.of(verdict, List.of(), generation, before, now),
            Math.toIntExact(Math.min(Integer.MAX_VALUE, numbers.running())),
            numbers.queued(),
            time(numbers.oldestQueued()),
            0,
            startedBefore + started);
    return status.equals(reported) ? Optional.empty() : Optional.of(status);
  }

  private static @Nullable String time(Optional<Instant> time) {
    return time.map(t -> t.truncatedTo(ChronoUnit.SECONDS).toString()).orElse(null);
  }

  /** The API server has this status now. */
  synchronized void reported(WorkerPoolStatus status) {
    reported = status;
  }
}
