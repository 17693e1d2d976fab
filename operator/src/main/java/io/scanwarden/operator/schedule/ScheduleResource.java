package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Kind;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.Version;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.run.Marks;
import org.jspecify.annotations.Nullable;

/**
 * A ScanSchedule as the operator reads it: the spec as the bytes that came, so that reading never
 * fails whatever is stored, and 100,000 of them fit into memory; of the metadata what is needed; of
 * the status nothing, since the operator itself writes it (see {@link WithStatus}).
 */
@Group("scanwarden.io")
@Version("v1alpha1")
@Kind("ScanSchedule")
@Plural("scanschedules")
@JsonDeserialize(using = JsonDeserializer.None.class)
@JsonIgnoreProperties(ignoreUnknown = true)
public class ScheduleResource implements HasMetadata, Namespaced {
  private static final long serialVersionUID = 1;

  private String apiVersion = "scanwarden.io/v1alpha1";
  private ObjectMeta metadata = new ObjectMeta();
  private transient @Nullable RawJson spec;

  /** With the status as the bytes that came: read once, by a new leader. */
  @Group("scanwarden.io")
  @Version("v1alpha1")
  @Kind("ScanSchedule")
  @Plural("scanschedules")
  @JsonDeserialize(using = JsonDeserializer.None.class)
  @JsonIgnoreProperties(ignoreUnknown = true)
  public static final class WithStatus extends ScheduleResource {
    private static final long serialVersionUID = 1;

    private transient @Nullable RawJson status;

    public @Nullable RawJson getStatus() {
      return status;
    }

    public void setStatus(@Nullable RawJson status) {
      this.status = status;
    }
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    metadata.setManagedFields(null);
    metadata.setLabels(null);
    if (metadata.getAnnotations() != null) {
      metadata.getAnnotations().keySet().removeIf(key -> !key.startsWith(Marks.PREFIX));
    }
    if (metadata.getNamespace() != null) {
      metadata.setNamespace(metadata.getNamespace().intern()); // of many in one
    }
    this.metadata = metadata;
  }

  @Override
  public String getApiVersion() {
    return apiVersion;
  }

  @Override
  public void setApiVersion(String apiVersion) {
    this.apiVersion = apiVersion;
  }

  public @Nullable RawJson getSpec() {
    return spec;
  }

  public void setSpec(@Nullable RawJson spec) {
    this.spec = spec;
  }
}
