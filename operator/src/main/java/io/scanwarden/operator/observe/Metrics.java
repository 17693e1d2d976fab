package io.scanwarden.operator.observe;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The operator's meters by name. Labels have few, fixed values: no names of schedules, namespaces
 * or Jobs. Should a caller pass more values than {@value #MAX_VALUES} to one label, the rest are
 * counted as {@code Other}.
 */
public final class Metrics {
  static final int MAX_VALUES = 50;
  public static final String OTHER = "Other";

  private static final Duration[] SKEWS =
      seconds(.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800);
  private static final Duration[] DURATIONS =
      seconds(.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30);

  private final MeterRegistry registry;
  private final Timer skew;
  private final Counter stuck;
  private final ConcurrentHashMap<String, Set<String>> values = new ConcurrentHashMap<>();

  public Metrics(MeterRegistry registry) {
    this.registry = registry;
    this.skew =
        Timer.builder("scanwarden.run.creation.skew")
            .description(
                "Time from the moment a run was due (with jitter) to the creation of its Job")
            .serviceLevelObjectives(SKEWS)
            .register(registry);
    this.stuck =
        Counter.builder("scanwarden.runs.stuck")
            .description("Runs that took longer than stuckAfter")
            .register(registry);
  }

  /** A Job was created; {@code late} is the time since it was due, on the operator's clock. */
  public void runStarted(Duration late) {
    skew.record(late.isNegative() ? Duration.ZERO : late);
  }

  /** A run ended with this result, as in {@code status.lastResult}. */
  public void runFinished(String result) {
    count("scanwarden.runs", "Runs that ended", "result", result, 1);
  }

  /** A Job failed, and another attempt follows. */
  public void runRetried() {
    Counter.builder("scanwarden.retries")
        .description("Jobs that failed and were followed by another attempt")
        .register(registry)
        .increment();
  }

  /** A run has been running for longer than its schedule's stuckAfter. */
  public void runStuck() {
    stuck.increment();
  }

  /** {@code runs} runs were decided not to start, for this reason: a fixed word. */
  public void runsNotStarted(String reason, long runs) {
    count("scanwarden.runs.not.started", "Runs that were not started", "reason", reason, runs);
  }

  /** A run has come to wait for this reason: a fixed word. */
  public void runWaits(String reason) {
    count("scanwarden.runs.waited", "Times that a run came to wait", "reason", reason, 1);
  }

  /** A Job with a pool's label was started by somebody else than the operator. */
  public void jobNotGated() {
    Counter.builder("scanwarden.jobs.not.gated")
        .description("Jobs that took slots of a pool without having waited for them")
        .register(registry)
        .increment();
  }

  /** The API server refused a start, since it knows the Lease in another term. */
  public void refusedForTerm() {
    Counter.builder("scanwarden.term.refusals")
        .description("Starts that the API server refused because of their term")
        .register(registry)
        .increment();
  }

  /** One pass of a reconciler over one resource of this kind took so long. */
  public void reconciled(String kind, Duration took) {
    Timer.builder("scanwarden.reconcile.duration")
        .description("Duration of one reconciliation")
        .tag("kind", bounded("reconcile.kind", kind))
        .serviceLevelObjectives(DURATIONS)
        .register(registry)
        .record(took);
  }

  /**
   * Something failed in this part of the operator: a fixed word, such as {@code dispatch} or {@code
   * events}.
   */
  public void error(String part) {
    count("scanwarden.errors", "Unexpected failures", "part", part, 1);
  }

  /** An Event was not written, for this reason: a fixed word. */
  void eventDropped(String reason) {
    count("scanwarden.events.dropped", "Events that were not written", "reason", reason, 1);
  }

  /** A gauge {@code scanwarden_<name>}, read whenever metrics are. */
  public void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder("scanwarden." + name, value).description(description).register(registry);
  }

  /** Where other meters are registered. */
  public MeterRegistry registry() {
    return registry;
  }

  private void count(String name, String description, String tag, String value, long by) {
    Counter.builder(name)
        .description(description)
        .tags(Tags.of(tag, bounded(name, value)))
        .register(registry)
        .increment((double) by);
  }

  /**
   * The value, or {@link #OTHER} if there have been too many of the label already.
   *
   * @param label what the value is of, for all metrics
   */
  public String bounded(String label, String value) {
    Set<String> known = values.computeIfAbsent(label, l -> ConcurrentHashMap.newKeySet());
    if (known.contains(value) || (known.size() < MAX_VALUES && known.add(value))) {
      return value;
    }
    return OTHER;
  }

  /** Bounds of a histogram. */
  public static Duration[] seconds(double... seconds) {
    Duration[] all = new Duration[seconds.length];
    for (int i = 0; i < seconds.length; i++) {
      all[i] = Duration.ofNanos(Math.round(seconds[i] * 1e9));
    }
    return all;
  }
}
