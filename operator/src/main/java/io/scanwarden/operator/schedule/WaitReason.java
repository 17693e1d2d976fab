package io.scanwarden.operator.schedule;

import java.util.Arrays;
import java.util.Optional;

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
  /** The last try to create its Job failed. */
  CREATE_FAILED("CreateFailed", "its Job could not be created");

  private final String text;
  private final String sentence;

  WaitReason(String text, String sentence) {
    this.text = text;
    this.sentence = sentence;
  }

  /** Whether it is another run that it waits for. */
  boolean isAnotherRun() {
    return this == PREVIOUS_RUN_ACTIVE
        || this == WAITING_FOR_TERMINATION
        || this == CONCURRENCY_GROUP_BUSY;
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
