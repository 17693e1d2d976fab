package io.scanwarden.operator.observe.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * A decision as its maker tells it. What is not known, or does not apply, is empty.
 *
 * @param tenant whose it is; where it is empty, that of the namespace
 * @param namespace the object's; empty for one that belongs to none
 * @param kind the object's
 * @param name the object's
 * @param job the name of the Job that a run has led to
 * @param scheduledTime the nominal time of the run
 * @param reason one fixed word; of an exceeded quota the limit's field, such as {@code activeJobs}
 * @param amounts of a quota
 * @param actor the user's name, as the API server says it, or {@link #OPERATOR}
 */
public record AuditEntry(
    AuditAction action,
    Optional<String> tenant,
    Optional<String> namespace,
    String kind,
    String name,
    Optional<String> job,
    Optional<Instant> scheduledTime,
    Optional<String> reason,
    Optional<Amounts> amounts,
    Optional<String> actor)
    implements AuditContent {

  /** The actor of what the operator decides by itself. */
  public static final String OPERATOR = "scanwarden";

  /**
   * The numbers of a decision about a quota.
   *
   * @param limit how many are allowed
   * @param current how many there were
   * @param attempted how many more were wanted
   */
  public record Amounts(long limit, long current, long attempted) {}

  /** An entry about an object of a namespace, of which nothing more is said yet. */
  public static AuditEntry of(AuditAction action, String namespace, String kind, String name) {
    return new AuditEntry(
        action,
        Optional.empty(),
        Optional.of(namespace),
        kind,
        name,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** An entry about an object that belongs to no namespace, of which nothing more is said yet. */
  public static AuditEntry clusterWide(AuditAction action, String kind, String name) {
    return new AuditEntry(
        action,
        Optional.empty(),
        Optional.empty(),
        kind,
        name,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /** The same of this tenant. */
  public AuditEntry ofTenant(String newTenant) {
    return new AuditEntry(
        action,
        Optional.of(newTenant),
        namespace,
        kind,
        name,
        job,
        scheduledTime,
        reason,
        amounts,
        actor);
  }

  /** The same with this Job. */
  public AuditEntry withJob(String newJob) {
    return new AuditEntry(
        action,
        tenant,
        namespace,
        kind,
        name,
        Optional.of(newJob),
        scheduledTime,
        reason,
        amounts,
        actor);
  }

  /** The same about the run of that nominal time. */
  public AuditEntry ofRunAt(Instant newScheduledTime) {
    return new AuditEntry(
        action,
        tenant,
        namespace,
        kind,
        name,
        job,
        Optional.of(newScheduledTime),
        reason,
        amounts,
        actor);
  }

  /** The same for this reason: a fixed word. */
  public AuditEntry because(String newReason) {
    return new AuditEntry(
        action,
        tenant,
        namespace,
        kind,
        name,
        job,
        scheduledTime,
        Optional.of(newReason),
        amounts,
        actor);
  }

  /** The same with these numbers. */
  public AuditEntry with(Amounts newAmounts) {
    return new AuditEntry(
        action,
        tenant,
        namespace,
        kind,
        name,
        job,
        scheduledTime,
        reason,
        Optional.of(newAmounts),
        actor);
  }

  /** The same by this user. */
  public AuditEntry by(String newActor) {
    return new AuditEntry(
        action,
        tenant,
        namespace,
        kind,
        name,
        job,
        scheduledTime,
        reason,
        amounts,
        Optional.of(newActor));
  }
}
