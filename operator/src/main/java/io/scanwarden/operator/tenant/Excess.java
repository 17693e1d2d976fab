package io.scanwarden.operator.tenant;

/**
 * A limit that a tenant would pass.
 *
 * @param tenant the name of its TenantQuota
 * @param limit the limit's field of {@code spec.limits}, such as {@code activeJobs}
 * @param allowed its value
 * @param current how many the tenant has
 * @param attempted how many it would get on top
 */
public record Excess(String tenant, String limit, int allowed, int current, int attempted) {

  /** What users are told, wherever they are refused: a contract, since tools look for it. */
  public String message() {
    return "Tenant quota exceeded for "
        + limit
        + ": limit="
        + allowed
        + ", current="
        + current
        + ", attempted="
        + attempted
        + ". Reduce usage or raise the tenant quota.";
  }
}
