package io.scanwarden.operator.observe.audit;

/** What was decided or seen: the fixed words of the audit log. */
public enum AuditAction {
  /** An object was refused, since its tenant would pass a limit. */
  QUOTA_EXCEEDED("QuotaExceeded"),
  /** A TenantQuota was created, changed or deleted. */
  QUOTA_CHANGED("QuotaChanged"),
  SCHEDULE_CREATED("ScheduleCreated"),
  SCHEDULE_CHANGED("ScheduleChanged"),
  SCHEDULE_DELETED("ScheduleDeleted"),
  SCHEDULE_SUSPENDED("ScheduleSuspended"),
  SCHEDULE_RESUMED("ScheduleResumed"),
  /** Somebody's request for a run was taken up, to be run or not. */
  RUN_REQUESTED("RunRequested"),
  /** A Job of a run was created. */
  RUN_STARTED("RunStarted"),
  RUN_SKIPPED("RunSkipped"),
  /** A newer run took the place of one that was active or waited. */
  RUN_REPLACED("RunReplaced"),
  /** A run waited for too long. */
  RUN_EXPIRED("RunExpired"),
  /** A run was due while nobody could start it. */
  RUN_MISSED("RunMissed"),
  /** Its Job was refused. */
  RUN_REJECTED("RunRejected"),
  /** What was left of a run that had begun does not start. */
  RUN_GIVEN_UP("RunGivenUp"),
  /** Lines were lost here, because they could not be written as fast as they came. */
  AUDIT_GAP("AuditGap"),
  /** The line before was left unfinished when a process ended. */
  AUDIT_TORN("AuditTorn");

  private final String text;

  AuditAction(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
