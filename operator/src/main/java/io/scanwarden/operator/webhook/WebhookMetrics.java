package io.scanwarden.operator.webhook;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.scanwarden.operator.observe.Metrics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How long the requests to one path took, by what became of them. */
final class WebhookMetrics {
  private static final Duration[] DURATIONS =
      Metrics.seconds(.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10);

  /** What became of a request. */
  enum Result {
    QUEUED("Queued"),
    PREPARED("Prepared"),
    UNCHANGED("Unchanged"),
    QUEUE_FULL("QueueFull"),
    ALLOWED("Allowed"),
    INVALID_SPEC("InvalidSpec"),
    QUOTA_EXCEEDED("QuotaExceeded"),
    QUOTA_UNKNOWN("QuotaUnknown"),
    INVALID("Invalid"),
    FAILED("Failed");

    private final String word;

    Result(String word) {
      this.word = word;
    }
  }

  private final MeterRegistry registry;
  private final String path;
  private final Map<Result, Timer> timers = new ConcurrentHashMap<>();

  WebhookMetrics(Metrics metrics, String path) {
    this.registry = metrics.registry();
    this.path = path;
  }

  void answered(Result result, Duration took) {
    timers.computeIfAbsent(result, this::timer).record(took);
  }

  private Timer timer(Result result) {
    return Timer.builder("scanwarden.webhook.request.duration")
        .description("Time in which a request of the API server was answered")
        .tag("path", path)
        .tag("result", result.word)
        .serviceLevelObjectives(DURATIONS)
        .register(registry);
  }
}
