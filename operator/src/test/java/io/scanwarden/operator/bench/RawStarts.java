package io.scanwarden.operator.bench;

import io.scanwarden.operator.run.JobFactory;
import io.scanwarden.operator.run.Marks;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Starts of Jobs that a {@link Completer} ends at once, as a pool's are: creates, or patches of
 * Jobs that are suspended. With slots there are never more under way than these: the next is sent
 * when the watch has told of an end.
 */
final class RawStarts implements RawWrites {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final Pattern UID = Pattern.compile("\"uid\":\"([^\"]+)\"");
  private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"(\\d+)\"");

  /** How a Job starts. */
  enum Kind {
    CREATE,
    RESUME
  }

  private final Cluster cluster;
  private final String namespace;
  private final String pool;
  private final Kind kind;
  private final int slots;

  /**
   * Makes one.
   *
   * @param pool whose labels the Jobs have; it need not exist
   * @param slots how many may be under way at most; 0 for as many as come
   */
  RawStarts(Cluster cluster, String namespace, String pool, Kind kind, int slots) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.pool = pool;
    this.kind = kind;
    this.slots = slots;
  }

  @Override
  public String what() {
    String what = kind == Kind.CREATE ? "creates" : "patches";
    return what + (slots == 0 ? " without a cap" : " in " + slots + " slots");
  }

  @Override
  public double send(ApiServer api, int count, int atATime) throws Exception {
    IntConsumer write = kind == Kind.CREATE ? creates(api, count) : patches(api, count);
    Semaphore free = new Semaphore(slots == 0 ? count : slots);
    try (Completer completer = new Completer(cluster.admin(), namespace);
        Starts starts =
            new Starts(cluster.admin(), namespace, completer::complete, job -> free.release())) {
      Workload.each(
          count,
          atATime,
          i -> {
            take(free);
            write.accept(i);
          });
      Cluster.await("all Jobs to end", LONGEST, () -> starts.ended() >= count);
      return starts.rate();
    }
  }

  private static void take(Semaphore free) {
    try {
      if (!free.tryAcquire(LONGEST.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("no Job has ended for " + LONGEST);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private IntConsumer creates(ApiServer api, int count) {
    JobFactory.Owner owner = RawCreates.owner(cluster, namespace);
    long term = cluster.term();
    byte[][] bodies = new byte[count][];
    for (int i = 0; i < count; i++) {
      bodies[i] = Workload.jobInPool(owner, Instant.ofEpochSecond(1_900_000_000L + i), term, pool);
    }
    String path = Workload.JOBS.formatted(namespace);
    return i -> api.create(path, bodies[i]);
  }

  private IntConsumer patches(ApiServer api, int count) {
    String path = Workload.JOBS.formatted(namespace);
    long term = cluster.term();
    byte[][] patches = new byte[count][];
    Workload.each(
        count,
        8,
        i -> {
          byte[] job = Workload.queuedJob(Workload.name(i), pool, true);
          patches[i] = admission(cluster.admin().create(path, job), term);
        });
    return i -> api.merge(path + "/" + Workload.name(i), patches[i]);
  }

  /** The patch by which the operator admits a Job. */
  private static byte[] admission(String job, long term) {
    return """
        {"metadata":{"uid":"%s","resourceVersion":"%s","labels":{"%s":null},\
        "annotations":{"%s":"%d","%s":"%s"}},"spec":{"suspend":false}}"""
        .formatted(
            first(UID, job),
            first(VERSION, job),
            Marks.QUEUED,
            Marks.TERM,
            term,
            Marks.ADMITTED_AT,
            Instant.now())
        .getBytes(StandardCharsets.UTF_8);
  }

  private static String first(Pattern pattern, String json) {
    Matcher found = pattern.matcher(json);
    if (!found.find()) {
      throw new IllegalStateException(pattern + " is not in " + json);
    }
    return found.group(1);
  }
}
