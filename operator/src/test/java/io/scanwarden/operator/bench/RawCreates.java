package io.scanwarden.operator.bench;

import io.scanwarden.operator.run.JobFactory;
import java.time.Duration;
import java.time.Instant;

/** Creates of Jobs, with the controllers at work on them. */
final class RawCreates implements RawWrites {
  private static final Duration WATCHED = Duration.ofMinutes(1);

  private final Cluster cluster;
  private final String namespace;

  RawCreates(Cluster cluster, String namespace) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  @Override
  public String what() {
    return "creates";
  }

  @Override
  public double send(ApiServer api, int count, int atATime) throws Exception {
    JobFactory.Owner owner = owner(cluster, namespace);
    long term = cluster.term();
    byte[][] bodies = new byte[count][];
    for (int i = 0; i < count; i++) {
      bodies[i] = Workload.job(owner, Instant.ofEpochSecond(1_900_000_000L + i), term);
    }
    String path = Workload.JOBS.formatted(namespace);
    try (Arrivals arrivals = new Arrivals(cluster.admin(), namespace)) {
      Workload.each(count, atATime, i -> api.create(path, bodies[i]));
      Cluster.await("the watch", WATCHED, () -> arrivals.count() >= count);
      return arrivals.rate();
    }
  }

  /** A schedule to which Jobs can belong, far from due so that nobody starts anything of it. */
  static JobFactory.Owner owner(Cluster cluster, String namespace) {
    String schedules = Workload.SCHEDULES.formatted(namespace);
    String name = Workload.name(0);
    cluster.admin().create(schedules, Workload.atRest(name, Instant.now()));
    String uid = cluster.admin().get(schedules + "/" + name).path("metadata").path("uid").asText();
    return new JobFactory.Owner(namespace, name, uid);
  }
}
