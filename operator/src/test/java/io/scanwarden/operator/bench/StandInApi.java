package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the operator sees of an API server with very many schedules and nothing else: lists, watches
 * that tell nothing, a Lease, and an answer to dry runs and statuses. It shows what the operator
 * needs, not what the API server would.
 */
final class StandInApi implements AutoCloseable {
  private static final String GROUP = "/apis/scanwarden.io/v1alpha1";
  private static final String VERSION = "\"metadata\":{\"resourceVersion\":\"1000000\"%s}";

  private final HttpServer server;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicLong versions = new AtomicLong(2_000_000);
  private final String spec = Workload.specAtRest(Instant.now());
  // Nothing of the past is left to decide.
  private final String status =
      STATUS.formatted(Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  private final int capacity;
  private volatile int count;
  private @Nullable String lease;

  StandInApi(int capacity) throws IOException {
    this.capacity = capacity;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(workers);
    server.createContext("/", this::handle);
    server.start();
  }

  /** From now on there are schedules. */
  void fill() {
    count = capacity;
  }

  Path kubeconfig() throws IOException {
    Path file = Path.of("target", "bench-stand-in.kubeconfig").toAbsolutePath();
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: stand-in
        contexts: [{name: stand-in, context: {cluster: stand-in, user: nobody}}]
        clusters: [{name: stand-in, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: nobody, user: {token: none}}]
        """
            .formatted(server.getAddress().getPort()));
    return file;
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      switch (exchange.getRequestMethod()) {
        case "GET" -> get(exchange, path, query);
        case "POST", "PUT" -> write(exchange, path, body);
        case "PATCH" -> answer(exchange, 200, patched());
        default -> answer(exchange, 404, status(404, "NotFound"));
      }
    }
  }

  private void get(HttpExchange exchange, String path, Map<String, String> query)
      throws IOException {
    if (path.equals("/version")) {
      answer(exchange, 200, "{\"major\":\"1\",\"minor\":\"35\",\"gitVersion\":\"v1.35.4\"}");
    } else if (path.equals(GROUP)) {
      answer(
          exchange,
          200,
          "{\"kind\":\"APIResourceList\",\"groupVersion\":\"scanwarden.io/v1alpha1\",\"resources\":"
              + "[{\"name\":\"scanschedules\",\"kind\":\"ScanSchedule\",\"namespaced\":true,\"verbs\":[]}]}");
    } else if (path.contains("/leases/")) {
      String held = lease();
      if (held == null) {
        answer(exchange, 404, status(404, "NotFound"));
      } else {
        answer(exchange, 200, held);
      }
    } else if (query.containsKey("watch")
        && exchange.getRequestHeaders().containsKey("Sec-WebSocket-Key")) {
      // The client asks for a web socket first; at this answer it falls back to plain HTTP.
      answer(exchange, 200, "{}");
    } else if (query.containsKey("watch")) {
      watch(exchange, path, query);
    } else if (path.equals(GROUP + "/scanschedules")) {
      schedules(exchange, query);
    } else if (path.endsWith("/jobs") || path.endsWith("/pods")) {
      answer(exchange, 200, "{\"kind\":\"List\"," + VERSION.formatted("") + ",\"items\":[]}");
    } else {
      answer(exchange, 404, status(404, "NotFound"));
    }
  }

  /** As the API server: a list that may be as old as the cache is never cut into pages. */
  private void schedules(HttpExchange exchange, Map<String, String> query) throws IOException {
    boolean cached = "0".equals(query.get("resourceVersion"));
    int limit = cached ? 0 : Integer.parseInt(query.getOrDefault("limit", "0"));
    int from = Integer.parseInt(query.getOrDefault("continue", "0"));
    int to = limit == 0 ? count : Math.min(count, from + limit);
    String next =
        to == count ? "" : ",\"continue\":\"" + to + "\",\"remainingItemCount\":" + (count - to);
    open(exchange);
    OutputStream out = exchange.getResponseBody();
    out.write(
        bytes(
            "{\"apiVersion\":\"scanwarden.io/v1alpha1\",\"kind\":\"ScanScheduleList\","
                + VERSION.formatted(next)
                + ",\"items\":["));
    for (int i = from; i < to; i++) {
      out.write(bytes((i == from ? "" : ",") + schedule(i)));
    }
    out.write(bytes("]}"));
  }

  private void watch(HttpExchange exchange, String path, Map<String, String> query)
      throws IOException {
    open(exchange);
    OutputStream out = exchange.getResponseBody();
    boolean schedules = path.endsWith("/scanschedules");
    boolean initial = query.containsKey("sendInitialEvents");
    for (int i = 0; initial && schedules && i < count; i++) {
      out.write(bytes("{\"type\":\"ADDED\",\"object\":" + schedule(i) + "}\n"));
    }
    // In any case: the answer's headers go out with the first event only.
    out.write(
        bytes(
            "{\"type\":\"BOOKMARK\",\"object\":{\"apiVersion\":\"%s\",\"kind\":\"%s\",%s}}\n"
                .formatted(
                    schedules ? "scanwarden.io/v1alpha1" : "batch/v1",
                    schedules ? "ScanSchedule" : "Job",
                    VERSION.formatted(
                        initial
                            ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}"
                            : ""))));
    out.flush();
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(HttpExchange exchange, String path, String body) throws IOException {
    if (path.contains("/leases")) {
      answer(exchange, 200, lease(body));
    } else {
      // A Job as a dry run, or an Event.
      answer(exchange, 201, stored(body));
    }
  }

  private synchronized @Nullable String lease() {
    return lease;
  }

  private synchronized String lease(String body) throws IOException {
    String written = stored(body);
    lease = written;
    return written;
  }

  private String stored(String body) throws IOException {
    JsonNode object = ApiServer.JSON.readTree(body);
    if (object.path("metadata") instanceof ObjectNode metadata) {
      metadata.put("uid", "6f1c2b1e-4d2a-4c39-9d5e-000000000000");
      metadata.put("resourceVersion", Long.toString(versions.incrementAndGet()));
      metadata.put("creationTimestamp", "2026-01-01T00:00:00Z");
    }
    return object.toString();
  }

  private String patched() {
    return "{\"metadata\":{\"resourceVersion\":\"" + versions.incrementAndGet() + "\"}}";
  }

  private static String status(int code, String reason) {
    return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"reason\":\"%s\",\"code\":%d}"
        .formatted(reason, code);
  }

  private String schedule(int i) {
    return """
        {"apiVersion":"scanwarden.io/v1alpha1","kind":"ScanSchedule","metadata":{"creationTimestamp":"2026-01-01T00:00:00Z",\
        "generation":1,"labels":{"app.kubernetes.io/name":"image-audit","app.kubernetes.io/part-of":"scans"},\
        "managedFields":[%s],"name":"%s","namespace":"team-%d","resourceVersion":"%d",\
        "uid":"6f1c2b1e-4d2a-4c39-9d5e-%012d"},"spec":%s,"status":%s}"""
        .formatted(MANAGED, Workload.name(i), i % 100, i + 1, i, spec, status);
  }

  private static final String MANAGED =
      """
      {"apiVersion":"scanwarden.io/v1alpha1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":\
      {"f:app.kubernetes.io/name":{},"f:app.kubernetes.io/part-of":{}}},"f:spec":{"f:jobTemplate":{},"f:schedule":{},\
      "f:timeZone":{}}},"manager":"kubectl","operation":"Apply","time":"2026-01-01T00:00:00Z"},\
      {"apiVersion":"scanwarden.io/v1alpha1","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:active":{},\
      "f:conditions":{},"f:counts":{"f:failed":{},"f:missed":{},"f:skipped":{},"f:succeeded":{}},"f:cursor":{},\
      "f:nextScheduleTimes":{},"f:observedGeneration":{},"f:queued":{},"f:recentRuns":{},"f:recorded":{},"f:running":{},\
      "f:schedule":{}}},"manager":"scanwarden","operation":"Update","subresource":"status","time":"2026-01-01T00:00:00Z"}\
      """;

  private static final String STATUS =
      """
      {"active":[],"conditions":[{"lastTransitionTime":"2026-01-01T00:00:00Z","message":"runs at H 3 1 6 *",\
      "observedGeneration":1,"reason":"Scheduled","status":"True","type":"Ready"}],"counts":{"failed":0,"missed":0,\
      "skipped":0,"succeeded":0},"cursor":"%s","nextScheduleTimes":["2026-06-01T01:00:00Z"],\
      "observedGeneration":1,"queued":0,"recentRuns":[],"recorded":[],"running":0,"schedule":"H 3 1 6 *"}""";

  private static Map<String, String> query(@Nullable String raw) {
    Map<String, String> query = new HashMap<>();
    if (raw != null) {
      for (String pair : raw.split("&", -1)) {
        int at = pair.indexOf('=');
        query.put(at < 0 ? pair : pair.substring(0, at), at < 0 ? "" : pair.substring(at + 1));
      }
    }
    return query;
  }

  private static void open(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, 0);
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = bytes(text);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    end.countDown();
    server.stop(0);
    workers.shutdownNow();
  }
}
