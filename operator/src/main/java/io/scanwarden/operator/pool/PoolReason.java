package io.scanwarden.operator.pool;

/** Why a Job waits for its pool: the fixed words of statuses. */
public enum PoolReason {
  /** There is no such pool. */
  POOL_NOT_FOUND("PoolNotFound", "there is no such WorkerPool"),
  /** The pool's allowedNamespaces do not allow the Job's namespace. */
  POOL_NOT_ALLOWED(
      "PoolNotAllowed", "spec.allowedNamespaces of the pool does not allow this namespace"),
  /** The Job needs more slots than the pool has, or than its tenant may take. */
  JOB_TOO_LARGE(
      "JobTooLarge", "the Job needs more slots than its pool has, or than its tenant may take"),
  /** The pool is suspended. */
  POOL_SUSPENDED("PoolSuspended", "the pool is suspended"),
  /** Its tenant has, or those of the tenant that are before it will have, all that it may have. */
  TENANT_AT_LIMIT(
      "TenantAtLimit",
      "spec.maxConcurrentPerTenant of the pool or limits.runningJobs of the TenantQuota is"
          + " reached, or will be by those before it"),
  /** Too few slots are free, or those before it need them. */
  POOL_AT_CAPACITY(
      "PoolAtCapacity",
      "spec.maxConcurrent of the pool is reached, or those before it need what is free"),
  /** Slots are free, but another Job has just started. */
  START_INTERVAL("StartInterval", "spec.startInterval of the pool puts off the next start");

  private final String text;
  private final String sentence;

  PoolReason(String text, String sentence) {
    this.text = text;
    this.sentence = sentence;
  }

  /** The reason in a sentence, for people. */
  public String sentence() {
    return sentence;
  }

  /** The reason as one word. */
  @Override
  public String toString() {
    return text;
  }
}
