package io.scanwarden.api.v1alpha1;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of pools, as the API server answers it. */
public final class WorkerPoolList extends DefaultKubernetesResourceList<WorkerPool> {
  private static final long serialVersionUID = 1L;
}
