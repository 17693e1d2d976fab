package io.scanwarden.api.v1alpha1;

import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Singular;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/** How many Jobs run at once, and in which order the others wait. Status is null until set. */
@Group(ScanSchedule.GROUP)
@Version(ScanSchedule.VERSION)
@Kind(WorkerPool.KIND)
@Singular("workerpool")
@Plural("workerpools")
@ShortNames("wp")
public final class WorkerPool extends CustomResource<WorkerPoolSpec, WorkerPoolStatus>
    implements Namespaced {

  /** The kind. */
  public static final String KIND = "WorkerPool";

  /** The longest name a pool may have: it is the value of a label of its Jobs. */
  public static final int MAX_NAME_LENGTH = 63;

  private static final long serialVersionUID = 1L;

  @Override
  protected @Nullable WorkerPoolSpec initSpec() {
    return null; // a record: nothing to make one from
  }

  @Override
  protected @Nullable WorkerPoolStatus initStatus() {
    return null;
  }
}
