package io.scanwarden.operator.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.api.v1alpha1.ApiJson;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Builds the Job of a run from a schedule's template, as the bytes that go to the API server: what
 * the template says, and ours on top.
 */
public final class JobFactory {
  /** The environment variable with the target's name. */
  static final String TARGET_VARIABLE = "SCANWARDEN_TARGET";

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
   * @param env of the target, for every container
   * @param pool whose slots the Job takes
   * @param defaults of the pool, for what the template does not say
   */
  public record Start(
      String name,
      AttemptKey key,
      Trigger trigger,
      Instant admittedAt,
      long term,
      Optional<Duration> timeout,
      Map<String, String> env,
      Optional<PoolKey> pool,
      PodDefaults defaults) {

    /** Keeps an unmodifiable copy of the map. */
    public Start {
      env = Map.copyOf(env);
    }
  }

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
        .put(Marks.SCHEDULED_AT, start.key().run().time().toString())
        .put(Marks.TRIGGER, start.trigger().toString())
        .put(Marks.ATTEMPT, Integer.toString(start.key().attempt()))
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
    ObjectNode pod = child(spec, "template");
    label(child(pod, "metadata"), owner, start);
    if (!start.key().target().isEmpty()) {
      setEnv(child(pod, "spec"), start);
    }
    if (pod.get("spec") instanceof ObjectNode podSpec) {
      start.defaults().fillIn(podSpec);
    }
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
    if (!start.key().target().isEmpty()) {
      labels.put(Marks.TARGET, start.key().target());
    }
    if (start.pool().isPresent()) {
      PoolKey pool = start.pool().get();
      labels.put(Marks.POOL, pool.name());
      if (!pool.namespace().equals(owner.namespace())) {
        labels.put(Marks.POOL_NAMESPACE, pool.namespace());
      }
    }
    if (start.key().run() instanceof RunKey.Request request) {
      labels.put(Marks.REQUEST, Long.toString(request.time().getEpochSecond()));
    }
  }

  private static void setEnv(ObjectNode podSpec, Start start) {
    Map<String, String> env = new TreeMap<>(start.env());
    env.put(TARGET_VARIABLE, start.key().target());
    for (String kind : List.of("initContainers", "containers")) {
      for (JsonNode container : podSpec.path(kind)) {
        if (container instanceof ObjectNode object) {
          setEnv(object, env);
        }
      }
    }
  }

  /** The target's variables come first, so that those of the template may refer to them. */
  private static void setEnv(ObjectNode container, Map<String, String> env) {
    ArrayNode merged = JSON.createArrayNode();
    env.forEach((name, value) -> merged.addObject().put("name", name).put("value", value));
    for (JsonNode variable : container.path("env")) {
      if (!env.containsKey(variable.path("name").asText())) {
        merged.add(variable);
      }
    }
    container.set("env", merged);
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
