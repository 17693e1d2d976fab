package io.scanwarden.operator.run;

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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A batch/v1 Job, reduced on reading to what decisions need: a tenth of the memory of the whole.
 *
 * <p>Its fields are as lenient as the API server's answer may be: nothing of a Job that is not ours
 * to judge keeps the others from being read.
 */
@Group("batch")
@Version("v1")
@Kind("Job")
@Plural("jobs")
@JsonDeserialize(using = JsonDeserializer.None.class)
@JsonIgnoreProperties(ignoreUnknown = true)
public final class JobResource implements HasMetadata, Namespaced {
  private static final long serialVersionUID = 1;
  private static final String FOREGROUND = "foregroundDeletion";

  private String apiVersion = "batch/v1";
  private ObjectMeta metadata = new ObjectMeta();
  private transient @Nullable Spec spec;
  private transient @Nullable Status status;

  /** The part of a Job's spec that is kept. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Spec(
      @Nullable Boolean suspend, @Nullable Integer parallelism, @Nullable Integer completions) {

    /** How many Pods may run at once, at least one. */
    public int slots() {
      int most = parallelism == null ? 1 : parallelism;
      return Math.max(1, completions == null ? most : Math.min(most, completions));
    }
  }

  /** The part of a Job's status that is kept. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Status(
      @Nullable Integer active,
      @Nullable Integer succeeded,
      @Nullable Integer failed,
      @Nullable Integer terminating,
      @Nullable String startTime,
      @Nullable String completionTime,
      @Nullable List<Condition> conditions) {

    /** The condition that says how the Job has ended, if it has. */
    Optional<Condition> end() {
      return condition("Complete").or(() -> condition("Failed"));
    }

    /** Whether Pods of the Job exist that have not ended, as far as its controller has counted. */
    boolean countsPods() {
      return positive(active) || positive(terminating);
    }

    /** Whether the Job's controller has ever counted a Pod. */
    boolean hasCountedPods() {
      return countsPods() || positive(succeeded) || positive(failed);
    }

    /** Whether it is known how the Job will end, once its Pods have. */
    boolean isOutcomeSettled() {
      return condition("SuccessCriteriaMet").isPresent() || condition("FailureTarget").isPresent();
    }

    private Optional<Condition> condition(String wanted) {
      return Objects.requireNonNullElse(conditions, List.<Condition>of()).stream()
          .filter(c -> wanted.equals(c.type()) && "True".equals(c.status()))
          .findFirst();
    }

    private static boolean positive(@Nullable Integer count) {
      return count != null && count > 0;
    }
  }

  /** A condition of a Job. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Condition(
      @Nullable String type,
      @Nullable String status,
      @Nullable String reason,
      @Nullable String message,
      @Nullable String lastTransitionTime) {}

  /** Whether the Job is Complete or Failed: by then its Pods have ended. */
  public boolean hasEnded() {
    return status != null && status.end().isPresent();
  }

  /** Whether somebody has suspended the Job. */
  public boolean asksForSuspension() {
    return spec != null && Boolean.TRUE.equals(spec.suspend());
  }

  /**
   * Whether the Job's controller has taken note of the suspension, or takes none any more: of a Job
   * whose outcome is settled it does not, and completes it only when it is resumed.
   */
  public boolean confirmsSuspension() {
    return status != null
        && (status.condition("Suspended").isPresent() || status.isOutcomeSettled());
  }

  /** Whether Pods of the Job exist that have not ended, as far as its controller has counted. */
  public boolean countsPods() {
    return status != null && status.countsPods();
  }

  /** Whether it is being deleted in the foreground: when it is gone, so are its Pods. */
  public boolean goesAfterItsPods() {
    return metadata.getFinalizers() != null && metadata.getFinalizers().contains(FOREGROUND);
  }

  @Override
  public ObjectMeta getMetadata() {
    return metadata;
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    metadata.setManagedFields(null);
    if (metadata.getAnnotations() != null) {
      metadata.getAnnotations().keySet().removeIf(key -> !key.startsWith(Marks.PREFIX));
    }
    if (metadata.getLabels() != null) {
      metadata.getLabels().keySet().removeIf(key -> !key.startsWith(Marks.PREFIX));
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

  public @Nullable Spec getSpec() {
    return spec;
  }

  public void setSpec(@Nullable Spec spec) {
    this.spec = spec;
  }

  public @Nullable Status getStatus() {
    return status;
  }

  public void setStatus(@Nullable Status status) {
    this.status = status;
  }
}
