package io.scanwarden.operator.bench;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Ends Jobs as soon as it is told of them, in one write each: their spec.managedBy names it, so
 * that the Job controller leaves them alone, and a Job that does nothing costs next to nothing.
 */
final class Completer implements AutoCloseable {
  /** The value of spec.managedBy. */
  static final String NAME = "bench.scanwarden.io/completer";

  private static final int AT_A_TIME = 16;

  private final ApiServer api;
  private final String jobs;
  private final ExecutorService workers = Executors.newFixedThreadPool(AT_A_TIME);

  Completer(ApiServer api, String namespace) {
    this.api = api;
    this.jobs = Workload.JOBS.formatted(namespace);
  }

  /** A Job has started: it succeeds now. */
  void complete(String job) {
    workers.execute(() -> api.merge(jobs + "/" + job + "/status", succeeded(Instant.now())));
  }

  private static byte[] succeeded(Instant now) {
    Instant time = now.truncatedTo(ChronoUnit.SECONDS);
    String condition =
        "{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":\"%s\",\"lastTransitionTime\":\"%s\"}";
    return "{\"status\":{\"startTime\":\"%s\",\"completionTime\":\"%s\",\"succeeded\":1,\"conditions\":[%s,%s]}}"
        .formatted(
            time,
            time,
            condition.formatted("SuccessCriteriaMet", time, time),
            condition.formatted("Complete", time, time))
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    workers.close();
  }
}
