package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.operator.run.JobFactory;
import java.net.http.HttpClient;
import java.time.Instant;

/**
 * How many Jobs a second the API server takes, with the controllers at work on them: bytes prepared
 * beforehand, by a warm client that does nothing else.
 */
final class RawRate {
  private static final int[] CONCURRENCIES = {4, 8, 16};
  private static final String OWNER = Workload.name(0);

  private final Cluster cluster;
  private final String namespace;
  private final int jobs;
  private boolean warm;

  RawRate(Cluster cluster, String namespace, int jobs) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.jobs = jobs;
  }

  /** The best rate, over several concurrencies and both versions of HTTP. */
  double best(ObjectNode into) {
    double best = 0;
    for (HttpClient.Version version : HttpClient.Version.values()) {
      if (version != HttpClient.Version.HTTP_1_1 && version != HttpClient.Version.HTTP_2) {
        continue;
      }
      try (ApiServer api = cluster.asOperator(version)) {
        if (!warm) {
          measure(api, jobs, 8);
          warm = true;
        }
        for (int concurrency : CONCURRENCIES) {
          double rate = measure(api, jobs, concurrency);
          into.put(version + " with " + concurrency + " at a time", Figures.round(rate, 1));
          best = Math.max(best, rate);
        }
      }
    }
    into.put("best", Figures.round(best, 1));
    return best;
  }

  private double measure(ApiServer api, int count, int concurrency) {
    ApiServer admin = cluster.admin();
    String schedules = Workload.SCHEDULES.formatted(namespace);
    // Far from due, so that nobody starts anything of it; its Jobs need an owner that exists.
    admin.create(schedules, Workload.atRest(OWNER, Instant.now()));
    String uid = admin.get(schedules + "/" + OWNER).path("metadata").path("uid").asText();
    JobFactory.Owner owner = new JobFactory.Owner(namespace, OWNER, uid);
    byte[][] bodies = new byte[count][];
    for (int i = 0; i < count; i++) {
      bodies[i] = Workload.job(owner, Instant.ofEpochSecond(1_900_000_000L + i));
    }
    String path = Workload.JOBS.formatted(namespace);
    Bench.say(
        "  raw: %d Jobs of %d bytes, %d at a time".formatted(count, bodies[0].length, concurrency));
    long begin = System.nanoTime();
    Workload.each(count, concurrency, i -> api.create(path, bodies[i]));
    double rate = count / ((System.nanoTime() - begin) / 1e9);
    Bench.say("  %.0f Jobs a second".formatted(rate));
    cluster.clean(namespace);
    return rate;
  }
}
