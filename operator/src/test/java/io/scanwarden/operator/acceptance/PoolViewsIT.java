package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The views of pools over HTTPS, for those who may get the pools and for nobody else. */
@ControlPlaneTest
@NullUnmarked
class PoolViewsIT {
  private static final String WORKERS = "/api/v1/workers";

  private static ControlPlane plane;
  private static RunningOperator leader;
  private static RunningOperator standby;
  private static HttpClient http;
  private static String reader;
  private static String stranger;

  @BeforeAll
  static void start(ControlPlane shared) throws IOException, GeneralSecurityException {
    plane = shared;
    leader = RunningOperator.of(plane).withWebhook().start().awaitLeading();
    standby = RunningOperator.of(plane).withWebhook().start();
    await().atMost(Schedules.PATIENCE).until(() -> standby.get("/readyz").statusCode() == 200);
    plane.apply(
        """
        apiVersion: scanwarden.io/v1alpha1
        kind: WorkerPool
        metadata: {name: small}
        spec: {maxConcurrent: 1, maxConcurrentPerTenant: 1, labels: [compute, licensed]}
        """);
    plane.apply(job("scan-a"));
    await().atMost(Schedules.PATIENCE).until(() -> status("running").equals("1"));
    plane.apply(job("scan-b"));
    plane.apply(job("scan-c"));
    await().atMost(Schedules.PATIENCE).until(() -> status("queued").equals("2"));
    plane.kubectl("create", "role", "reads", "--verb=get", "--resource=workerpools").orThrow();
    reader = token("reader");
    plane
        .kubectl(
            "create",
            "rolebinding",
            "reads",
            "--role=reads",
            "--serviceaccount=" + plane.namespace() + ":reader")
        .orThrow();
    stranger = token("stranger");
    Map<String, String> secret =
        plane
            .admin()
            .secrets()
            .inNamespace(plane.namespace())
            .withName(WebhookTrust.SECRET)
            .get()
            .getData();
    http = HttpClient.newBuilder().sslContext(WebhookTrust.in(secret)).build();
  }

  @AfterAll
  static void stop() {
    http.close();
    standby.close();
    leader.close();
  }

  private static String job(String name) {
    return """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: %s, labels: {scanwarden.io/pool: small}}
        spec:
          template:
            metadata: {annotations: {dev.scanwarden.io/run-for: 1h}}
            spec: {restartPolicy: Never, containers: [{name: scan, image: scanner}]}
        """
        .formatted(name);
  }

  private static String status(String field) {
    return plane
        .kubectl("get", "wp", "small", "-o", "jsonpath={.status." + field + "}")
        .orThrow()
        .stdout();
  }

  private static String token(String account) {
    plane.kubectl("create", "serviceaccount", account).orThrow();
    return plane.kubectl("create", "token", account).orThrow().stdout().strip();
  }

  private static HttpResponse<String> get(
      RunningOperator operator, String path, @Nullable String authorization)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + operator.httpsPort() + path))
            .timeout(Duration.ofSeconds(10));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static JsonNode read(RunningOperator operator, String path, String token)
      throws IOException, InterruptedException {
    HttpResponse<String> response = get(operator, path, "Bearer " + token);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    return Schedules.json(response.body());
  }

  /** In the form in which the API server tells of failures. */
  private static void assertFails(
      HttpResponse<String> response, int code, String reason, String message) {
    JsonNode status = Schedules.json(response.body());
    assertThat(response.statusCode()).as(response.body()).isEqualTo(code);
    assertThat(status.path("kind").asText()).isEqualTo("Status");
    assertThat(status.path("code").asInt()).isEqualTo(code);
    assertThat(status.path("reason").asText()).isEqualTo(reason);
    assertThat(status.path("message").asText()).isEqualTo(message);
  }

  private static String queue(String pool) {
    return "/api/v1/pools/" + plane.namespace() + "/" + pool + "/queue";
  }

  private static String workers() {
    return WORKERS + "?namespace=" + plane.namespace();
  }

  // ---- for those who may get the pools

  @Test
  void theQueueSaysWhoIsNextAndWhy() throws Exception {
    JsonNode view = read(leader, queue("small"), reader);

    assertThat(view.at("/pool/namespace").asText()).isEqualTo(plane.namespace());
    assertThat(view.at("/pool/name").asText()).isEqualTo("small");
    assertThat(view.path("running").asInt()).isEqualTo(1);
    assertThat(view.path("queued").asInt()).isEqualTo(2);
    assertThat(view.path("claims").findValuesAsText("position")).containsExactly("1", "2");
    assertThat(view.path("claims").findValuesAsText("name")).containsExactly("scan-b", "scan-c");
    JsonNode next = view.at("/claims/0");
    String created =
        plane
            .kubectl("get", "job", "scan-b", "-o", "jsonpath={.metadata.creationTimestamp}")
            .orThrow()
            .stdout();
    assertThat(next.path("namespace").asText()).isEqualTo(plane.namespace());
    assertThat(next.path("priority").asInt()).isZero();
    assertThat(next.path("slots").asInt()).isEqualTo(1);
    assertThat(Instant.parse(next.path("scheduledTime").asText())).isEqualTo(created);
    assertThat(Instant.parse(next.path("waitingSince").asText())).isEqualTo(created);
    assertThat(next.path("reason").asText()).isEqualTo("TenantAtLimit");
    assertThat(next.path("expectedStart").isNull()).as("after one start").isTrue();
  }

  @Test
  void aLimitShortensTheListAndNotTheNumbers() throws Exception {
    JsonNode view = read(leader, queue("small") + "?limit=1", reader);

    assertThat(view.path("claims").findValuesAsText("name")).containsExactly("scan-b");
    assertThat(view.path("queued").asInt()).isEqualTo(2);
  }

  @Test
  void theWorkersAreThePoolsOfTheNamespaceOnEachReplica() throws Exception {
    for (RunningOperator operator : List.of(leader, standby)) {
      JsonNode view = read(operator, workers(), reader);

      assertThat(view.path("mode").asText()).isEqualTo("Job");
      assertThat(view.path("agents").isArray()).isTrue();
      assertThat(view.path("agents")).isEmpty();
      assertThat(view.path("pools")).hasSize(1);
      JsonNode pool = view.at("/pools/0");
      assertThat(pool.at("/pool/namespace").asText()).isEqualTo(plane.namespace());
      assertThat(pool.at("/pool/name").asText()).isEqualTo("small");
      assertThat(pool.at("/pool/labels").toString()).isEqualTo("[\"compute\",\"licensed\"]");
      assertThat(pool.path("max_concurrent").asInt()).isEqualTo(1);
      assertThat(pool.path("max_concurrent_per_tenant").asInt()).isEqualTo(1);
      assertThat(pool.path("live_agents").asInt()).isZero();
      assertThat(pool.path("running_now").asInt()).isEqualTo(1);
      assertThat(pool.path("pending_now").asInt()).isEqualTo(2);
    }
  }

  @Test
  void theWorkersOfAllNamespacesAreForThoseWhoMayGetAllPools() throws Exception {
    String operators =
        plane
            .kubectl("create", "token", "scanwarden", "--namespace=scanwarden-system")
            .orThrow()
            .stdout()
            .strip();

    assertThat(read(leader, WORKERS, operators).at("/pools/0/pool/name").asText())
        .isEqualTo("small");
    assertFails(
        get(leader, WORKERS, "Bearer " + reader),
        403,
        "Forbidden",
        "User \"system:serviceaccount:%s:reader\" cannot get resource \"workerpools\" in API group \"scanwarden.io\" at the cluster scope"
            .formatted(plane.namespace()));
  }

  // ---- for nobody else

  @Test
  void withoutRightsNothingIsTold() throws Exception {
    String refusal =
        "User \"system:serviceaccount:%1$s:stranger\" cannot get resource \"workerpools\" in API group \"scanwarden.io\" in the namespace \"%1$s\""
            .formatted(plane.namespace());
    // Not even whether there is such a pool.
    for (String path : List.of(queue("small"), queue("none"), workers())) {
      assertFails(get(leader, path, "Bearer " + stranger), 403, "Forbidden", refusal);
    }
  }

  @Test
  void withoutATokenThatIsValidNothingIsTold() throws Exception {
    for (String path : List.of(queue("small"), workers())) {
      for (String none : new String[] {null, "Basic YTpi", "Bearer "}) {
        assertFails(
            get(leader, path, none),
            401,
            "Unauthorized",
            "send a token of the cluster in the header Authorization: Bearer TOKEN");
      }
      assertFails(
          get(leader, path, "Bearer nonsense"), 401, "Unauthorized", "the token is not valid");
    }
  }

  // ---- what cannot be answered

  @Test
  void anUnknownPoolIsNotFound() throws Exception {
    assertFails(
        get(leader, queue("none"), "Bearer " + reader),
        404,
        "NotFound",
        "workerpools \"none\" not found");
  }

  @Test
  void aLimitThatIsNoneIsRefused() throws Exception {
    for (String limit : List.of("0", "-1", "10001", "ten", "99999999999")) {
      assertFails(
          get(leader, queue("small") + "?limit=" + limit, "Bearer " + reader),
          400,
          "BadRequest",
          "limit must be between 1 and 10000, not " + limit);
    }
  }

  @Test
  void aStandbyDoesNotKnowTheQueue() throws Exception {
    HttpResponse<String> response = get(standby, queue("small"), "Bearer " + reader);

    assertFails(
        response,
        503,
        "ServiceUnavailable",
        "only the leader knows the queue, and this replica does not lead: ask again");
    assertThat(response.headers().firstValue("Retry-After")).contains("1");
  }
}
