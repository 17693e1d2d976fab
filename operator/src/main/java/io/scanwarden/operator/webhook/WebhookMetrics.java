package io.scanwarden.operator.webhook;

import io.micrometer.core.instrument.Timer;
import io.scanwarden.operator.observe.Metrics;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** How long requests took, by what became of them. */
final class WebhookMetrics {
  private static final Duration[] DURATIONS =
      Metrics.seconds(.001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5);

  /** What became of a request. */
  enum Result {
    QUEUED("Queued"),
    PREPARED("Prepared"),
    UNCHANGED("Unchanged"),
    QUEUE_FULL("QueueFull"),
    INVALID("Invalid"),
    FAILED("Failed");

    private final String word;

    Result(String word) {
      this.word = word;
    }
  }

  private final Map<Result, Timer> timers = new EnumMap<>(Result.class);

  WebhookMetrics(Metrics metrics) {
    for (Result result : Result.values()) {
      timers.put(
          result,
          Timer.builder("scanwarden.webhook.request.duration")
              .description("Time in which a request of the API server about a Job was answered")
              .tag("result", result.word)
              .serviceLevelObjectives(DURATIONS)
              .register(metrics.registry()));
    }
  }

  void answered(Result result, Duration took) {
    Objects.requireNonNull(timers.get(result)).record(took);
  }
}
