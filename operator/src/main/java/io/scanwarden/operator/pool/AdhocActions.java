package io.scanwarden.operator.pool;

import java.time.Duration;

/** What {@link AdhocJobs} wants done. Each returns at once; what came of it is told later. */
interface AdhocActions {
  /** Start the Job, as this reading has it: {@link AdhocJobs#started} and its like. */
  void start(AdhocJob job);

  /** Read the Job anew, after a while: {@link AdhocJobs#read} or {@link AdhocJobs#missing}. */
  void read(AdhocJob job, Duration after);

  /** Look whether a Job that is gone has left Pods, after a while: {@link AdhocJobs#pods}. */
  void findPods(String namespace, String jobUid, Duration after);

  /** Do this after a while. */
  void later(Runnable action, Duration after);
}
