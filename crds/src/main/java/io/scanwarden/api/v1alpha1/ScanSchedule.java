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

/** When a scan runs. Spec and status are null until set. */
@Group(ScanSchedule.GROUP)
@Version(ScanSchedule.VERSION)
@Kind(ScanSchedule.KIND)
@Singular("scanschedule")
@Plural("scanschedules")
@ShortNames("scansched")
public final class ScanSchedule extends CustomResource<ScanScheduleSpec, ScanScheduleStatus>
    implements Namespaced {

  /**
   * The API group of all resources of this package, and the prefix of our labels and annotations.
   */
  public static final String GROUP = "scanwarden.io";

  /** The version of all resources of this package. */
  public static final String VERSION = "v1alpha1";

  /** The kind. */
  public static final String KIND = "ScanSchedule";

  /**
   * The longest name a schedule may have. A Job's name adds a dash and ten digits of unix seconds
   * and may have 63 characters, as with batch/v1 CronJob.
   */
  public static final int MAX_NAME_LENGTH = 52;

  private static final long serialVersionUID = 1L;

  @Override
  protected @Nullable ScanScheduleSpec initSpec() {
    return null; // a record: nothing to make one from
  }

  @Override
  protected @Nullable ScanScheduleStatus initStatus() {
    return null;
  }
}
