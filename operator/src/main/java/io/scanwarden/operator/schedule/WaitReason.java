package io.scanwarden.operator.schedule;

import io.scanwarden.operator.pool.PoolReason;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why an accepted run has not started yet: the fixed words of statuses. */
enum WaitReason {
  /** Its Job is being created, or is next to be. */
  STARTING("Starting", "its Job is being created"),
  /** It starts later than its nominal time. */
  JITTER("Jitter", "spec.jitter moves its start"),
  /** It starts once the status says that it was accepted. */
  RECORDING("Recording", "it is being recorded in the status"),
  /** With the policy Queue. */
  PREVIOUS_RUN_ACTIVE("PreviousRunActive", "an earlier run is active"),
  /** A run of another schedule of the group is active. */
  CONCURRENCY_GROUP_BUSY(
      "ConcurrencyGroupBusy", "a run of another schedule of spec.concurrencyGroup is active"),
  /** With the policy Replace: the old run's Pods are not gone yet. */
  WAITING_FOR_TERMINATION("WaitingForTermination", "the run that it replaces is ending"),
  /** A failed attempt is followed by another one, after a while. */
  BACKOFF("Backoff", "an attempt failed, and spec.retry puts off the next one"),
  /** Of a backfill, which outlasts a suspend. */
  SUSPENDED("Suspended", "the schedule is suspended"),
  /** The next batch of targets is not due yet. */
  STAGGER("Stagger", "spec.stagger puts off the next targets"),
  /** Its pool does not exist, or does not exist yet. */
  POOL_NOT_FOUND(PoolReason.POOL_NOT_FOUND),
  /** Its pool does not allow the schedule's namespace. */
  POOL_NOT_ALLOWED(PoolReason.POOL_NOT_ALLOWED),
  /** Its pool can never have as many slots as it needs. */
  JOB_TOO_LARGE(PoolReason.JOB_TOO_LARGE),
  /** Its pool starts nothing. */
  POOL_SUSPENDED(PoolReason.POOL_SUSPENDED),
  /** The tenant has all the slots that it may have, of its pool or over all. */
  TENANT_AT_LIMIT(PoolReason.TENANT_AT_LIMIT),
  /** Its pool has no slots free for it. */
  POOL_AT_CAPACITY(PoolReason.POOL_AT_CAPACITY),
  /** Its pool has just started something else. */
  START_INTERVAL(PoolReason.START_INTERVAL),
  /** Its tenant's quota has not given it its places. */
  TENANT_QUOTA("TenantQuota", "its tenant's TenantQuota has no place for it, or has not answered"),
  /** The last try to create its Job failed. */
  CREATE_FAILED("CreateFailed", "its Job could not be created");

  private final String text;
  private final String sentence;
  private final @Nullable PoolReason pool;

  WaitReason(String text, String sentence) {
    this.text = text;
    this.sentence = sentence;
    this.pool = null;
  }

  WaitReason(PoolReason pool) {
    this.text = pool.toString();
    this.sentence = pool.sentence();
    this.pool = pool;
  }

  /** What a pool says of a Job that waits for it. */
  static WaitReason of(PoolReason reason) {
    return Arrays.stream(values()).filter(r -> r.pool == reason).findFirst().orElseThrow();
  }

  /** Whether it is the turn of others: other runs of the schedule, its group or its pool. */
  boolean isTurnOfOthers() {
    return this == PREVIOUS_RUN_ACTIVE
        || this == WAITING_FOR_TERMINATION
        || this == CONCURRENCY_GROUP_BUSY
        || isPool();
  }

  /** Whether it lacks nothing but slots of its pool. */
  boolean isPool() {
    return pool != null;
  }

  String sentence() {
    return sentence;
  }

  static Optional<WaitReason> parse(String text) {
    return Arrays.stream(values()).filter(r -> r.text.equals(text)).findFirst();
  }

  @Override
  public String toString() {
    return text;
  }
}
