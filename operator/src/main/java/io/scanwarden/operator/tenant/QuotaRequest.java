package io.scanwarden.operator.tenant;

import java.util.Arrays;
import java.util.Optional;

/**
 * An object that somebody wants to create, and that may need a place in the quota of its
 * namespace's tenant.
 *
 * @param uid that it will have; empty if that is not known
 * @param dryRun whether it will not be created, whatever the answer is
 */
public record QuotaRequest(Kind kind, String namespace, String name, String uid, boolean dryRun) {

  /** What counts. */
  public enum Kind {
    /** A ScanSchedule. */
    SCHEDULE("scanschedules", "scanwarden.io/v1alpha1", "ScanSchedule"),
    /** A Job with the label of a pool, of others than the operator. */
    JOB("jobs", "batch/v1", "Job");

    private final String resource;
    private final String apiVersion;
    private final String kindName;

    Kind(String resource, String apiVersion, String kindName) {
      this.resource = resource;
      this.apiVersion = apiVersion;
      this.kindName = kindName;
    }

    /** Its group, if it has one, and its version. */
    public String apiVersion() {
      return apiVersion;
    }

    /** The name of its kind. */
    public String kindName() {
      return kindName;
    }

    /** The kind with that plural name. */
    static Optional<Kind> of(String resource) {
      return Arrays.stream(values()).filter(kind -> kind.resource.equals(resource)).findFirst();
    }

    /** The plural name of its resource. */
    @Override
    public String toString() {
      return resource;
    }
  }
}
