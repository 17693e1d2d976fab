package io.scanwarden.api.v1alpha1;

import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/** What one tenant may hold over all its namespaces. Cluster-scoped. Status is null until set. */
@Group(ScanSchedule.GROUP)
@Version(ScanSchedule.VERSION)
@Kind(TenantQuota.KIND)
@Singular("tenantquota")
@Plural("tenantquotas")
@ShortNames("tq")
public final class TenantQuota extends CustomResource<TenantQuotaSpec, TenantQuotaStatus> {

  /** The kind. */
  public static final String KIND = "TenantQuota";

  /** The highest value of a limit. */
  public static final int MAX_LIMIT = 1_000_000;

  /** How many reservations a status may have. */
  public static final int MAX_RESERVATIONS = 10_000;

  private static final long serialVersionUID = 1L;

  @Override
  protected @Nullable TenantQuotaSpec initSpec() {
    return null; // a record: nothing to make one from
  }

  @Override
  protected @Nullable TenantQuotaStatus initStatus() {
    return null;
  }
}
