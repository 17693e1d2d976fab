package io.scanwarden.operator.tenant;

/**
 * Is told what has changed in a {@link TenantDirectory}, after it has, by the thread that changed
 * it and without a lock. What is so now is asked for: two threads may tell in another order than
 * they changed.
 */
interface TenantListener {
  /** The namespace belongs to another tenant, or it is known now, or no longer, whose it is. */
  void tenantChanged(String namespace);

  /**
   * The quota is there or gone, or its limits, its namespaces or its conflicts are others. Of a
   * quota that only comes to be somebody else's for a namespace both are named.
   */
  void quotaChanged(String quota);
}
