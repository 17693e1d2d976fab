package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpClient;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many Jobs a second the API server lets start: bytes prepared beforehand, by a warm client
 * that does nothing else. A watch tells of the Jobs and gives the rate, as for everybody else that
 * is measured.
 */
final class RawRate {
  private static final int[] CONCURRENCIES = {4, 8, 16, 32};
  private static final List<HttpClient.Version> VERSIONS =
      List.of(HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2);

  /** So many Jobs tell which way of sending them is the fastest. */
  private static final int TRIED = 500;

  private record Way(HttpClient.Version version, int concurrency) {
    @Override
    public String toString() {
      return version + ", " + concurrency + " at a time";
    }
  }

  private final Cluster cluster;
  private final String namespace;
  private final int jobs;
  private @Nullable Way best;

  /**
   * Makes one.
   *
   * @param namespace where the Jobs are; it is emptied each time
   */
  RawRate(Cluster cluster, String namespace, int jobs) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.jobs = jobs;
  }

  /**
   * The rate at which all the Jobs are taken. The first time the best way to send them is sought,
   * over several concurrencies and both versions of HTTP.
   */
  double measure(RawWrites writes, ObjectNode into) throws Exception {
    Way way = best;
    if (way == null) {
      way = seek(writes, into.putObject("jobsPerSecondOf" + Math.min(TRIED, jobs)));
      best = way;
    }
    double rate;
    try (ApiServer api = cluster.asOperator(way.version())) {
      send(writes, api, Math.min(TRIED, jobs), way.concurrency()); // its connections, and the JVM
      Usage before = Usage.ofProcesses(cluster.processes());
      rate = sendAll(writes, api, jobs, way.concurrency());
      Usage used = Usage.ofProcesses(cluster.processes()).since(before);
      used.cpuPerRun(into.putObject("cpuMillisecondsPerJob"), jobs);
      cluster.clean(namespace);
    }
    into.put("way", way.toString());
    into.put("jobsPerSecond", Figures.round(rate, 1));
    return rate;
  }

  private Way seek(RawWrites writes, ObjectNode into) throws Exception {
    int count = Math.min(TRIED, jobs);
    Way best = new Way(VERSIONS.getFirst(), CONCURRENCIES[0]);
    double most = 0;
    for (HttpClient.Version version : VERSIONS) {
      try (ApiServer api = cluster.asOperator(version)) {
        send(writes, api, count, CONCURRENCIES[0]); // the JVM is cold
        for (int concurrency : CONCURRENCIES) {
          Way way = new Way(version, concurrency);
          double rate = send(writes, api, count, concurrency);
          into.put(way.toString(), Figures.round(rate, 1));
          if (rate > most) {
            most = rate;
            best = way;
          }
        }
      }
    }
    return best;
  }

  private double send(RawWrites writes, ApiServer api, int count, int concurrency)
      throws Exception {
    double rate = sendAll(writes, api, count, concurrency);
    cluster.clean(namespace);
    return rate;
  }

  private static double sendAll(RawWrites writes, ApiServer api, int count, int concurrency)
      throws Exception {
    Bench.say("  raw: %d %s, %d at a time".formatted(count, writes.what(), concurrency));
    double rate = writes.send(api, count, concurrency);
    Bench.say("  %.0f Jobs a second".formatted(rate));
    return rate;
  }
}
