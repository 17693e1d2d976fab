package io.scanwarden.operator.observe.audit;

import java.util.function.UnaryOperator;

/** Where decisions are recorded, for those who ask later who was refused what, and why. */
public interface AuditLog {

  /** Keeps nothing. */
  AuditLog NONE = entry -> {};

  /**
   * Records a decision. Returns at once: the line is written later or, when too many come, counted
   * as lost. Thread-safe.
   */
  void record(AuditEntry entry);

  /**
   * From now on, an entry that says no tenant is of the one to which its namespace belongs; until
   * then a namespace is a tenant of its own.
   *
   * @param tenantOf tells the tenant of a namespace, at once
   */
  default void tenants(UnaryOperator<String> tenantOf) {}
}
