package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.operator.run.JobFactory;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many Jobs a second the API server takes, with the controllers at work on them: bytes prepared
 * beforehand, by a warm client that does nothing else. A watch tells of the Jobs and gives the
 * rate, as for everybody else that is measured.
 */
final class RawRate {
  private static final int[] CONCURRENCIES = {4, 8, 16, 32};
  private static final List<HttpClient.Version> VERSIONS =
      List.of(HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2);

  /** So many Jobs tell which way of sending them is the fastest. */
  private static final int TRIED = 500;

  private static final Duration WATCHED = Duration.ofMinutes(1);
  private static final String OWNER = Workload.name(0);

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

  RawRate(Cluster cluster, String namespace, int jobs) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.jobs = jobs;
  }

  /**
   * The rate at which all the Jobs are taken. The first time the best way to send them is sought,
   * over several concurrencies and both versions of HTTP.
   */
  double measure(ObjectNode into) throws Exception {
    Way way = best;
    if (way == null) {
      way = seek(into.putObject("jobsPerSecondOf" + Math.min(TRIED, jobs)));
      best = way;
    }
    double rate;
    try (ApiServer api = cluster.asOperator(way.version())) {
      send(api, Math.min(TRIED, jobs), way.concurrency()); // its connections, and the JVM
      rate = send(api, jobs, way.concurrency());
    }
    into.put("way", way.toString());
    into.put("jobsPerSecond", Figures.round(rate, 1));
    return rate;
  }

  private Way seek(ObjectNode into) throws Exception {
    int count = Math.min(TRIED, jobs);
    Way best = new Way(VERSIONS.getFirst(), CONCURRENCIES[0]);
    double most = 0;
    for (HttpClient.Version version : VERSIONS) {
      try (ApiServer api = cluster.asOperator(version)) {
        send(api, count, CONCURRENCIES[0]); // the JVM is cold
        for (int concurrency : CONCURRENCIES) {
          Way way = new Way(version, concurrency);
          double rate = send(api, count, concurrency);
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

  private double send(ApiServer api, int count, int concurrency) throws Exception {
    ApiServer admin = cluster.admin();
    String schedules = Workload.SCHEDULES.formatted(namespace);
    // Far from due, so that nobody starts anything of it; its Jobs need an owner that exists.
    admin.create(schedules, Workload.atRest(OWNER, Instant.now()));
    String uid = admin.get(schedules + "/" + OWNER).path("metadata").path("uid").asText();
    JobFactory.Owner owner = new JobFactory.Owner(namespace, OWNER, uid);
    long term = cluster.term();
    byte[][] bodies = new byte[count][];
    for (int i = 0; i < count; i++) {
      bodies[i] = Workload.job(owner, Instant.ofEpochSecond(1_900_000_000L + i), term);
    }
    String path = Workload.JOBS.formatted(namespace);
    Bench.say(
        "  raw: %d Jobs of %d bytes, %d at a time".formatted(count, bodies[0].length, concurrency));
    double rate;
    try (Arrivals arrivals = new Arrivals(admin, namespace)) {
      Workload.each(count, concurrency, i -> api.create(path, bodies[i]));
      Cluster.await("the watch", WATCHED, () -> arrivals.count() >= count);
      rate = arrivals.rate();
    }
    Bench.say("  %.0f Jobs a second".formatted(rate));
    cluster.clean(namespace);
    return rate;
  }
}
