package io.scanwarden.operator.tenant;

import java.util.OptionalInt;

/**
 * Whose slots the Jobs of a namespace take.
 *
 * @param name of the tenant, with its kind before it: a TenantQuota and a namespace of one name are
 *     two tenants
 * @param runningJobs how many slots it may take at once, over all pools; any number if empty
 * @param hasQuota whether its Jobs count for a TenantQuota, or will as soon as there is one
 */
public record SlotTenant(String name, OptionalInt runningJobs, boolean hasQuota) {

  /** That of a namespace that no quota selects. */
  public static SlotTenant withoutQuota(String namespace) {
    return new SlotTenant(ofNamespace(namespace), OptionalInt.empty(), false);
  }

  /** While it is not known whose the namespace is, it may take none. */
  static SlotTenant of(String namespace, Tenancy tenancy) {
    return switch (tenancy) {
      case Tenancy.None() -> withoutQuota(namespace);
      case Tenancy.Pending pending ->
          new SlotTenant(ofNamespace(namespace), OptionalInt.of(0), true);
      case Tenancy.Of(String quota, TenantLimits limits) ->
          new SlotTenant(ofQuota(quota), limits.runningJobs(), true);
    };
  }

  private static String ofNamespace(String namespace) {
    return "Namespace/" + namespace;
  }

  /** The name of the tenant that has the quota. */
  static String ofQuota(String quota) {
    return "TenantQuota/" + quota;
  }
}
