package io.scanwarden.operator.tenant;

/** Whose a namespace is: the answer of {@link TenantDirectory#tenantOf}. */
sealed interface Tenancy {
  /** Nobody's that has a quota: without limits. */
  record None() implements Tenancy {}

  /**
   * It is to have a quota that does not exist yet: nothing may be created.
   *
   * @param why for people
   */
  record Pending(String why) implements Tenancy {}

  /** That TenantQuota's, with these limits. */
  record Of(String quota, TenantLimits limits) implements Tenancy {}
}
