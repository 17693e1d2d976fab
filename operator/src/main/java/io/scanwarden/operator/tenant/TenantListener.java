package io.scanwarden.operator.tenant;

/**
 * Is told what has changed in a {@link TenantDirectory}, after it has, by the thread that changed
 * it and without a lock. What is so now is asked for: two threads may tell in another order than
 * they changed.
 */
interface TenantListener {
  /** The namespace belongs to another tenant, or whose it is is known now, or no longer. */
  void tenantChanged(String namespace);

  /** The quota is there or gone, or its limits, its namespaces or its conflicts are others. */
  void quotaChanged(String quota);
}
