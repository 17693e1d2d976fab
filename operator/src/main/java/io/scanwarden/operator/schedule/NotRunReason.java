package io.scanwarden.operator.schedule;

/** Why a run did not start and never will: the fixed words of statuses, Events and metrics. */
enum NotRunReason {
  /** The instant lies in a blackout window. */
  EXCLUDED("Excluded", Counter.SKIPPED),
  /** An earlier run is active, and the policy is Forbid. */
  PREVIOUS_RUN_ACTIVE("PreviousRunActive", Counter.SKIPPED),
  /** A run of another schedule of the group is active, and the policy is Forbid. */
  CONCURRENCY_GROUP_BUSY("ConcurrencyGroupBusy", Counter.SKIPPED),
  /** As many runs wait as may. */
  QUEUE_FULL("QueueFull", Counter.SKIPPED),
  /** The schedule was suspended while the run waited, or when it was asked for. */
  SUSPENDED("Suspended", Counter.SKIPPED),
  /** An edit took away all the targets that were asked for. */
  TARGETS_REMOVED("TargetsRemoved", Counter.SKIPPED),
  /** Dropped before a restart, for a reason that was not yet reported. */
  SKIPPED_EARLIER("SkippedEarlier", Counter.SKIPPED),
  /** A newer run took its place before it started. */
  REPLACED("Replaced", Counter.REPLACED),
  /** The operator was away when it was due, and missedRunPolicy does not make up for it. */
  MISSED("Missed", Counter.MISSED),
  /** It could not start within startingDeadlineSeconds. */
  DEADLINE_EXCEEDED("DeadlineExceeded", Counter.MISSED),
  /** It waited for longer than queueTimeout. */
  QUEUE_TIMEOUT("QueueTimeout", Counter.EXPIRED),
  /** The API server refused its Job until the next run was due. */
  CREATE_REFUSED("CreateRefused", Counter.REJECTED),
  /** Its tenant has all that its quota allows. */
  QUOTA_EXCEEDED("QuotaExceeded", Counter.REJECTED);

  /** The field of {@code status.counts} that it adds to. */
  enum Counter {
    SKIPPED,
    REPLACED,
    MISSED,
    REJECTED,
    EXPIRED
  }

  private final String text;
  private final Counter counter;

  NotRunReason(String text, Counter counter) {
    this.text = text;
    this.counter = counter;
  }

  Counter counter() {
    return counter;
  }

  @Override
  public String toString() {
    return text;
  }
}
