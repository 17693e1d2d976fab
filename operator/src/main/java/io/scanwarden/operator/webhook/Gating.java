package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What becomes of a request to create or to resume a Job. */
sealed interface Gating {
  /** It is none of ours. */
  record Unchanged() implements Gating {}

  /** The Job is suspended now, and waits for its pool. */
  record Queued(ObjectNode job) implements Gating {}

  /** The Job stays suspended because its author wants it so; it was only prepared. */
  record Prepared(ObjectNode job) implements Gating {}

  /** As many Jobs wait for the pool as may. */
  record QueueFull(String message) implements Gating {}
}
