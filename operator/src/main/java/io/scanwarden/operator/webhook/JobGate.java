package io.scanwarden.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.operator.pool.PoolSpec;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.PoolKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * Jobs with the label of a pool do not start when they are created, but when it is their turn: they
 * are suspended and marked as queued. One that its author suspends is the author's until it is
 * resumed. Whether the pool exists, allows the Job's namespace or has a name that can be one is not
 * judged here: such a Job waits, and is told why.
 *
 * <p>Asked again about its own answer it has nothing to add, so that the API server may ask after
 * other webhooks have changed a Job.
 */
final class JobGate {
  /** The specs of pools. */
  @FunctionalInterface
  interface PoolSpecs {
    /** The spec of a pool, as far as Jobs of that namespace may use it. */
    Optional<PoolSpec> find(PoolKey pool, String namespace);
  }

  private static final List<String> POOL_LABELS = List.of(Marks.POOL, Marks.POOL_NAMESPACE);
  private static final String TRUE = "true";

  private final Predicate<String> watched;
  private final PoolSpecs pools;
  private final ToIntFunction<PoolKey> waiting;

  /**
   * A gate for the namespaces that the operator watches.
   *
   * @param watched whether Jobs of a namespace would ever be admitted; others are left alone
   * @param waiting how many Jobs wait for a pool that were created with its label
   */
  JobGate(Predicate<String> watched, PoolSpecs pools, ToIntFunction<PoolKey> waiting) {
    this.watched = watched;
    this.pools = pools;
    this.waiting = waiting;
  }

  /**
   * Decides about the request of an AdmissionReview.
   *
   * @param request as JSON; its {@code object} may be changed and be part of the answer
   */
  Gating decide(ObjectNode request) {
    String namespace = request.path("namespace").asText("");
    if (!watched.test(namespace)
        || !(request.path("object") instanceof ObjectNode job)
        || !(job.path("spec") instanceof ObjectNode spec)) {
      return new Gating.Unchanged();
    }
    Optional<PoolKey> pool = pool(namespace, job);
    if (pool.isEmpty()) {
      return new Gating.Unchanged();
    }
    Optional<PoolSpec> poolSpec = pools.find(pool.get(), namespace);
    return switch (request.path("operation").asText("")) {
      case "CREATE" -> create(job, spec, pool.get(), poolSpec);
      case "UPDATE" -> update(request.path("oldObject"), job, spec, pool.get(), poolSpec);
      default -> new Gating.Unchanged();
    };
  }

  private static Optional<PoolKey> pool(String namespace, ObjectNode job) {
    Map<String, String> labels = new HashMap<>();
    for (String label : POOL_LABELS) {
      JsonNode value = job.path("metadata").path("labels").path(label);
      if (value.isValueNode() && !value.isNull()) {
        labels.put(label, value.asText());
      }
    }
    return PoolKey.of(namespace, labels);
  }

  private Gating create(ObjectNode job, ObjectNode spec, PoolKey pool, Optional<PoolSpec> known) {
    // Suspended and queued: what this gate answered before, or the copy of a Job that waits.
    boolean authors = isSuspended(spec) && !isQueued(job);
    if (!authors) {
      Optional<Gating> full = queueFull(pool, known);
      if (full.isPresent()) {
        return full.get();
      }
    }
    if (spec.path("template") instanceof ObjectNode template) {
      markPods(job, template);
      if (known.isPresent() && template.path("spec") instanceof ObjectNode podSpec) {
        known.get().podDefaults().fillIn(podSpec);
      }
    }
    return authors ? new Gating.Prepared(job) : queued(job, spec);
  }

  private Gating update(
      JsonNode before, ObjectNode job, ObjectNode spec, PoolKey pool, Optional<PoolSpec> known) {
    boolean resumed = isSuspended(before.path("spec")) && !isSuspended(spec);
    // To start one that is queued is not asked of this gate.
    if (!resumed || isQueued(job)) {
      return new Gating.Unchanged();
    }
    return queueFull(pool, known).orElseGet(() -> queued(job, spec));
  }

  private Optional<Gating> queueFull(PoolKey pool, Optional<PoolSpec> known) {
    if (known.isEmpty() || known.get().maxQueued().isEmpty()) {
      return Optional.empty();
    }
    int limit = known.get().maxQueued().getAsInt();
    int current = waiting.applyAsInt(pool);
    return current < limit
        ? Optional.empty()
        : Optional.of(
            new Gating.QueueFull(
                "The queue of WorkerPool %s is full: spec.maxQueued=%d, waiting=%d. Try again when some of its Jobs"
                        .formatted(pool, limit, current)
                    + " have started, or raise spec.maxQueued."));
  }

  private static Gating queued(ObjectNode job, ObjectNode spec) {
    spec.put("suspend", true);
    // The labels are there: one of them names the pool.
    ((ObjectNode) job.path("metadata").path("labels")).put(Marks.QUEUED, TRUE);
    return new Gating.Queued(job);
  }

  /** Pods say whose slots they take. */
  private static void markPods(ObjectNode job, ObjectNode template) {
    JsonNode from = job.path("metadata").path("labels");
    ObjectNode to = child(child(template, "metadata"), "labels");
    for (String label : POOL_LABELS) {
      if (from.has(label)) {
        to.set(label, from.get(label));
      } else {
        to.remove(label);
      }
    }
  }

  private static ObjectNode child(ObjectNode parent, String field) {
    return parent.path(field) instanceof ObjectNode child ? child : parent.putObject(field);
  }

  private static boolean isSuspended(JsonNode spec) {
    return spec.path("suspend").booleanValue();
  }

  /** Whatever the label's value: whoever has it waits. */
  private static boolean isQueued(JsonNode job) {
    return job.path("metadata").path("labels").has(Marks.QUEUED);
  }
}
