package io.scanwarden.operator.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.api.v1alpha1.ApiJson;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.Optional;

/**
 * Builds the Job of a run from a schedule's template, as the bytes that go to the API server: what
 * the template says, and ours on top.
 */
public final class JobFactory {
  static final String OWNER_KIND = "ScanSchedule";
  private static final String OWNER_VERSION = Marks.PREFIX + "v1alpha1";
  // Templates nest as deep as the API server allows, and numbers keep their digits.
  private static final ObjectMapper JSON =
      ApiJson.newMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  private JobFactory() {}

  /** The schedule that a Job belongs to. */
  public record Owner(String namespace, String name, String uid) {}

  /**
   * One start.
   *
   * @param name the Job's name, see {@link RunName}
   * @param admittedAt when the start was decided
   * @param term the Lease's leaseTransitions under which it was decided
   * @param timeout the Job's activeDeadlineSeconds, if the schedule sets one
   */
  public record Start(
      String name,
      RunKey key,
      Trigger trigger,
      Instant admittedAt,
      long term,
      Optional<Duration> timeout) {}

  /**
   * The Job as JSON.
   *
   * @param template a batch/v1 JobTemplateSpec as JSON
   * @throws IllegalArgumentException if the template is not a JSON object or one of the objects
   *     that a start writes into is something else
   */
  public static byte[] build(Owner owner, byte[] template, Start start) {
    ObjectNode job = JSON.createObjectNode();
    job.put("apiVersion", "batch/v1").put("kind", "Job");
    ObjectNode source = object(template);
    ObjectNode metadata = job.putObject("metadata");
    metadata.put("name", start.name()).put("namespace", owner.namespace());
    ObjectNode sourceMeta = child(source, "metadata");
    copyForeign(sourceMeta, "labels", metadata);
    label(metadata, owner, start);
    copyForeign(sourceMeta, "annotations", metadata);
    child(metadata, "annotations")
        .put(Marks.SCHEDULED_AT, start.key().time().toString())
        .put(Marks.TRIGGER, start.trigger().toString())
        .put(Marks.ATTEMPT, "1")
        .put(Marks.TERM, Long.toString(start.term()))
        .put(Marks.ADMITTED_AT, start.admittedAt().truncatedTo(ChronoUnit.MILLIS).toString());
    metadata
        .putArray("ownerReferences")
        .addObject()
        .put("apiVersion", OWNER_VERSION)
        .put("kind", OWNER_KIND)
        .put("name", owner.name())
        .put("uid", owner.uid())
        .put("controller", true)
        .put("blockOwnerDeletion", true);

    ObjectNode spec = child(source, "spec");
    job.set("spec", spec);
    // The operator deletes finished Jobs itself, after it has recorded them.
    spec.remove("ttlSecondsAfterFinished");
    start.timeout().ifPresent(t -> spec.put("activeDeadlineSeconds", Math.max(1, t.toSeconds())));
    label(child(child(spec, "template"), "metadata"), owner, start);
    try {
      return JSON.writeValueAsBytes(job);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree can always be written", e);
    }
  }

  private static void label(ObjectNode metadata, Owner owner, Start start) {
    ObjectNode labels = child(metadata, "labels");
    removeOurs(labels);
    labels.put(Marks.SCHEDULE, owner.name());
    if (start.key() instanceof RunKey.Request request) {
      labels.put(Marks.REQUEST, Long.toString(request.time().getEpochSecond()));
    }
  }

  private static void copyForeign(ObjectNode from, String field, ObjectNode to) {
    ObjectNode copy = child(from, field);
    removeOurs(copy);
    to.set(field, copy);
  }

  /** A template does not speak in our name. */
  private static void removeOurs(ObjectNode map) {
    for (Iterator<String> names = map.fieldNames(); names.hasNext(); ) {
      if (names.next().startsWith(Marks.PREFIX)) {
        names.remove();
      }
    }
  }

  private static ObjectNode object(byte[] json) {
    try {
      if (JSON.readTree(json) instanceof ObjectNode object) {
        return object;
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("jobTemplate is not JSON", e);
    }
    throw new IllegalArgumentException("jobTemplate must be an object");
  }

  private static ObjectNode child(ObjectNode parent, String field) {
    JsonNode child = parent.get(field);
    if (child == null || child.isNull()) {
      return parent.putObject(field);
    }
    if (child instanceof ObjectNode object) {
      return object;
    }
    throw new IllegalArgumentException("jobTemplate: " + field + " must be an object");
  }
}
