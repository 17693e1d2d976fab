package io.scanwarden.api.v1alpha1;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of quotas, as the API server answers it. */
public final class TenantQuotaList extends DefaultKubernetesResourceList<TenantQuota> {
  private static final long serialVersionUID = 1L;
}
