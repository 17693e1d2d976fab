package io.scanwarden.operator.run;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Map;
import java.util.Optional;

/** A Pod, of which only the metadata is read. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record PodMetadata(ObjectMeta metadata) {
  public String namespace() {
    return metadata.getNamespace();
  }

  /** The name of the schedule whose Job it belongs or belonged to. */
  public String schedule() {
    return label(Marks.SCHEDULE);
  }

  /** The name of that Job; empty if it does not say. */
  public String jobName() {
    return label(Marks.JOB_NAME);
  }

  /** The UID of that Job; empty if it does not say. */
  public String jobUid() {
    return label(Marks.CONTROLLER_UID);
  }

  /** The pool whose slots its Job takes or took. */
  public Optional<PoolKey> pool() {
    return PoolKey.of(namespace(), metadata.getLabels());
  }

  private String label(String key) {
    return Optional.ofNullable(metadata.getLabels()).orElse(Map.of()).getOrDefault(key, "");
  }
}
