package io.scanwarden.operator.tenant;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Where the leader asks for places for the Jobs of runs of schedules, before it accepts them.
 * Thread-safe.
 */
public interface RunPlaces {
  /** Nobody is a tenant. */
  RunPlaces UNLIMITED =
      new RunPlaces() {
        @Override
        public boolean counts(String namespace) {
          return false;
        }

        @Override
        public CompletableFuture<QuotaAnswer> ask(String namespace, String run, Set<String> jobs) {
          return CompletableFuture.completedFuture(new QuotaAnswer.Granted());
        }

        @Override
        public void hold(String namespace, String run, Set<String> jobs) {}

        @Override
        public void created(String namespace, String job, String uid, int slots) {}
      };

  /** Whether the Jobs of the namespace count for a tenant. A look-up that waits for nothing. */
  boolean counts(String namespace);

  /**
   * Asks for places for all Jobs of a run, or none. What is granted is held.
   *
   * @param run its name
   * @param jobs the names of its Jobs
   */
  CompletableFuture<QuotaAnswer> ask(String namespace, String run, Set<String> jobs);

  /**
   * These Jobs of a run are still to be created: they have their places, whatever the limit. None:
   * the run waits no more.
   */
  void hold(String namespace, String run, Set<String> jobs);

  /** A Job of a run was created, of which the watch may not have told yet. */
  void created(String namespace, String job, String uid, int slots);
}
