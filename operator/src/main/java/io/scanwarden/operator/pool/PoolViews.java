package io.scanwarden.operator.pool;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributesBuilder;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.WorkerPoolSpec;
import io.scanwarden.api.v1alpha1.WorkerPoolStatus;
import io.scanwarden.operator.observe.JsonAnswers;
import io.scanwarden.operator.observe.ViewAccess;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.time.WorkClock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What waits in a pool, and all pools with what they do: for those who may get the WorkerPools in
 * question.
 *
 * <p>{@code GET /api/v1/pools/NAMESPACE/NAME/queue?limit=NUMBER} and {@code GET
 * /api/v1/workers?namespace=NAME}.
 */
public final class PoolViews implements Consumer<HttpRouting.Builder> {
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final int LIMIT = 100;
  private static final int MOST = 10_000;

  private final ViewAccess access;
  private final PoolAdmission admission;
  private final Map<PoolKey, PoolState> states;
  private final BooleanSupplier leads;
  private final WorkClock clock;

  /**
   * Wires the views.
   *
   * @param states of all pools, as they are whenever somebody asks
   */
  PoolViews(
      ViewAccess access,
      PoolAdmission admission,
      Map<PoolKey, PoolState> states,
      BooleanSupplier leads,
      WorkClock clock) {
    this.access = access;
    this.admission = admission;
    this.states = states;
    this.leads = leads;
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder routes) {
    routes
        .get("/api/v1/pools/{namespace}/{name}/queue", this::queue)
        .get("/api/v1/workers", this::workers);
  }

  // ---- the queue

  private void queue(ServerRequest request, ServerResponse response) {
    PoolKey pool =
        new PoolKey(
            request.path().pathParameters().get("namespace"),
            request.path().pathParameters().get("name"));
    if (!mayGet(request, response, Optional.of(pool.namespace()), Optional.of(pool.name()))) {
      return;
    }
    Optional<Integer> limit = limit(request.query().first("limit").orElse("" + LIMIT));
    if (limit.isEmpty()) {
      JsonAnswers.fail(
          response,
          400,
          "limit must be between 1 and " + MOST + ", not " + request.query().get("limit"));
    } else if (!states.containsKey(pool)) {
      JsonAnswers.fail(response, 404, "workerpools \"" + pool.name() + "\" not found");
    } else if (!leads.getAsBoolean()) {
      response.header(HeaderNames.RETRY_AFTER, "1");
      JsonAnswers.fail(
          response,
          503,
          "only the leader knows the queue, and this replica does not lead: ask again");
    } else {
      JsonAnswers.send(response, queue(pool, limit.get()));
    }
  }

  private ObjectNode queue(PoolKey pool, int limit) {
    Instant now = clock.instant();
    PoolNumbers numbers = admission.numbers(pool);
    ObjectNode view = JSON.createObjectNode();
    view.putObject("pool").put("namespace", pool.namespace()).put("name", pool.name());
    view.put("running", numbers.running()).put("queued", numbers.queued());
    ArrayNode claims = view.putArray("claims");
    admission.queue(pool).stream()
        .limit(limit)
        .forEach(claim -> tell(claim, claims.addObject(), expected(pool, claim, now)));
    return view;
  }

  private Optional<Instant> expected(PoolKey pool, QueuedClaim claim, Instant now) {
    PoolState state = states.get(pool);
    if (state == null || state.spec().hasNoSlots()) {
      return Optional.empty();
    }
    return switch (claim.reason()) {
      case JOB_TOO_LARGE, POOL_SUSPENDED, POOL_NOT_FOUND, POOL_NOT_ALLOWED -> Optional.empty();
      case TENANT_AT_LIMIT, POOL_AT_CAPACITY, START_INTERVAL ->
          admission.expect(pool, claim.position(), now);
    };
  }

  private static void tell(QueuedClaim queued, ObjectNode to, Optional<Instant> expected) {
    PoolClaim claim = queued.claim();
    to.put("position", queued.position())
        .put("namespace", claim.job().namespace())
        .put("name", claim.job().whole().name())
        .put("priority", claim.priority())
        .put("slots", claim.slots())
        .put("scheduledTime", claim.scheduled().toString())
        .put("waitingSince", claim.created().toString())
        .put("reason", queued.reason().toString())
        .put(
            "expectedStart",
            expected.map(i -> i.truncatedTo(ChronoUnit.MILLIS).toString()).orElse(null));
  }

  private static Optional<Integer> limit(String text) {
    try {
      return Optional.of(Integer.parseInt(text)).filter(n -> n >= 1 && n <= MOST);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  // ---- the workers

  private void workers(ServerRequest request, ServerResponse response) {
    Optional<String> namespace = request.query().first("namespace").asOptional();
    if (!mayGet(request, response, namespace, Optional.empty())) {
      return;
    }
    ObjectNode view = JSON.createObjectNode();
    view.put("mode", "Job");
    view.putArray("agents");
    ArrayNode pools = view.putArray("pools");
    states.entrySet().stream()
        .filter(pool -> namespace.isEmpty() || namespace.get().equals(pool.getKey().namespace()))
        .sorted(
            Map.Entry.comparingByKey(
                Comparator.comparing(PoolKey::namespace).thenComparing(PoolKey::name)))
        .forEach(pool -> tell(pool.getKey(), pool.getValue(), pools.addObject()));
    JsonAnswers.send(response, view);
  }

  /** From the status, so that each replica says the same, and the same as kubectl. */
  private static void tell(PoolKey key, PoolState state, ObjectNode to) {
    Optional<WorkerPoolSpec> spec = state.stored();
    WorkerPoolStatus status = state.latest();
    ObjectNode pool = to.putObject("pool");
    pool.put("namespace", key.namespace()).put("name", key.name());
    ArrayNode labels = pool.putArray("labels");
    spec.map(WorkerPoolSpec::labels).orElse(List.of()).forEach(labels::add);
    to.put("max_concurrent", spec.map(WorkerPoolSpec::maxConcurrent).orElse(null))
        .put(
            "max_concurrent_per_tenant",
            spec.map(WorkerPoolSpec::maxConcurrentPerTenant).orElse(null))
        .put("live_agents", Objects.requireNonNullElse(status.liveAgents(), 0))
        .put("running_now", Objects.requireNonNullElse(status.running(), 0))
        .put("pending_now", Objects.requireNonNullElse(status.queued(), 0));
  }

  // ---- requests and answers

  private boolean mayGet(
      ServerRequest request,
      ServerResponse response,
      Optional<String> namespace,
      Optional<String> name) {
    ResourceAttributes wanted =
        new ResourceAttributesBuilder()
            .withVerb("get")
            .withGroup("scanwarden.io")
            .withResource("workerpools")
            .withNamespace(namespace.orElse(null))
            .withName(name.orElse(null))
            .build();
    Optional<ViewAccess.Refusal> refusal =
        access.check(request.headers().first(HeaderNames.AUTHORIZATION), wanted);
    refusal.ifPresent(r -> JsonAnswers.fail(response, r.code(), r.message()));
    return refusal.isEmpty();
  }
}
