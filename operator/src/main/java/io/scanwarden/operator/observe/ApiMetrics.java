package io.scanwarden.operator.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Timer;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * What the operator asks of the Kubernetes API: {@code scanwarden_api_writes_total} by resource and
 * verb, and the duration of all requests. Each attempt counts; dry runs are no writes.
 */
public final class ApiMetrics {
  private static final Duration[] DURATIONS = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500),
    Duration.ofSeconds(5),
    Duration.ofSeconds(10)
  };

  private final Metrics metrics;

  // Looking a meter up by its builder costs more than counting.
  private final ConcurrentHashMap<Timed, Timer> timers = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Written, Counter> counters = new ConcurrentHashMap<>();

  private record Timed(String verb, String code) {}

  private record Written(String resource, String verb, String code) {}

  public ApiMetrics(Metrics metrics) {
    this.metrics = metrics;
  }

  /**
   * One attempt of a request has ended.
   *
   * @param status the answer's HTTP status; 0 when none came
   */
  public void request(String method, URI uri, int status, Duration took) {
    String verb = verb(method, uri);
    String code = code(status);
    timers
        .computeIfAbsent(new Timed(verb, code), this::timer)
        .record(took.toNanos(), TimeUnit.NANOSECONDS);
    if (!verb.equals("get") && !verb.equals("dry-run")) {
      String resource = metrics.bounded("api.resource", resource(uri));
      counters.computeIfAbsent(new Written(resource, verb, code), this::counter).increment();
    }
  }

  private Timer timer(Timed request) {
    return Timer.builder("scanwarden.api.request.duration")
        .description("Time until the Kubernetes API answered, of each attempt of a request")
        .tag("verb", request.verb())
        .tag("code", request.code())
        .serviceLevelObjectives(DURATIONS)
        .register(metrics.registry());
  }

  private Counter counter(Written write) {
    return Counter.builder("scanwarden.api.writes")
        .description("Writes sent to the Kubernetes API, each attempt")
        .tag("resource", write.resource())
        .tag("verb", write.verb())
        .tag("code", write.code())
        .register(metrics.registry());
  }

  /**
   * Whether it was the API server or the client that failed; a refusal apart: a right is missing.
   */
  private static String code(int status) {
    return switch (status) {
      case 0 -> "none";
      case 403 -> "403";
      default -> status / 100 + "xx";
    };
  }

  private static String verb(String method, URI uri) {
    String query = uri.getQuery();
    if (!method.equals("GET") && query != null && query.contains("dryRun=All")) {
      return "dry-run";
    }
    return switch (method) {
      case "GET", "HEAD" -> "get";
      case "POST" -> "create";
      case "PUT" -> "update";
      case "PATCH" -> "patch";
      case "DELETE" -> "delete";
      default -> method.toLowerCase(Locale.ROOT);
    };
  }

  /**
   * The resource that a path of the Kubernetes API names, with its subresource: {@code jobs},
   * {@code scanschedules/status}; {@code other} for any other path.
   */
  static String resource(URI uri) {
    String[] parts = uri.getPath().split("/", -1);
    // "", "api", version, ... or "", "apis", group, version, ...
    int at =
        parts.length > 1 && parts[1].equals("api")
            ? 3
            : parts.length > 1 && parts[1].equals("apis") ? 4 : -1;
    if (at < 0 || at >= parts.length) {
      return "other";
    }
    boolean namespaced = parts[at].equals("namespaces") && parts.length > at + 2;
    int resource = namespaced ? at + 2 : at;
    String name = parts[resource];
    return parts.length > resource + 2 ? name + "/" + parts[resource + 2] : name;
  }
}
