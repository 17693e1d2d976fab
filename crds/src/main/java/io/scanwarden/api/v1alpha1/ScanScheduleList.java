package io.scanwarden.api.v1alpha1;

import io.fabric8.kubernetes.api.model.DefaultKubernetesResourceList;

/** A list of schedules, as the API server answers it. */
public final class ScanScheduleList extends DefaultKubernetesResourceList<ScanSchedule> {
  private static final long serialVersionUID = 1L;
}
