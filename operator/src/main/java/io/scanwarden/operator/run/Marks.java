package io.scanwarden.operator.run;

/** The labels and annotations that Scanwarden writes on Jobs and Pods, or reads from a schedule. */
public final class Marks {
  /** Everything of ours begins with this. */
  public static final String PREFIX = "scanwarden.io/";

  /** Label on Jobs and Pods: the name of the schedule. */
  public static final String SCHEDULE = PREFIX + "schedule";

  /** Label on Jobs and Pods of a requested run: the request's time in unix seconds. */
  public static final String REQUEST = PREFIX + "request";

  /** Label on Jobs and Pods: the target. */
  public static final String TARGET = PREFIX + "target";

  /** Label on Jobs and Pods: the name of the WorkerPool whose slots they take. */
  public static final String POOL = PREFIX + "pool";

  /** Label on Jobs and Pods: the pool's namespace, where that is another than their own. */
  public static final String POOL_NAMESPACE = PREFIX + "pool-namespace";

  /**
   * Label on Jobs that were created with a pool's label, {@code "true"} until they may start: they
   * are suspended because they wait, not because their author wants it.
   */
  public static final String QUEUED = PREFIX + "queued";

  /** Annotation on Jobs: the nominal time of the run, RFC 3339. */
  public static final String SCHEDULED_AT = PREFIX + "scheduled-at";

  /** Annotation on Jobs: what led to the run, a {@link Trigger}. */
  public static final String TRIGGER = PREFIX + "trigger";

  /** Annotation on Jobs: 1 for the first attempt. */
  public static final String ATTEMPT = PREFIX + "attempt";

  /** Annotation on Jobs: the Lease's leaseTransitions under which the start was decided. */
  public static final String TERM = PREFIX + "term";

  /** Annotation on Jobs: when the start was decided, RFC 3339 with milliseconds. */
  public static final String ADMITTED_AT = PREFIX + "admitted-at";

  /** Annotation on a schedule: run now, once per value (RFC 3339). */
  public static final String REQUESTED_AT = PREFIX + "requested-at";

  /** Annotation on a schedule: for which targets to run now, separated by commas. */
  public static final String REQUESTED_TARGETS = PREFIX + "requested-targets";

  /** Annotation on a schedule: run the instants of a past interval, two RFC 3339 times. */
  public static final String BACKFILL = PREFIX + "backfill";

  /** Kubernetes' own label on the Pods of a Job: the Job's UID. */
  static final String CONTROLLER_UID = "batch.kubernetes.io/controller-uid";

  /** Kubernetes' own label on the Pods of a Job: the Job's name. */
  static final String JOB_NAME = "batch.kubernetes.io/job-name";

  private Marks() {}
}
