package io.scanwarden.operator.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long an ordinary Job, in a namespace of its own, waits for its Pod: from the sending of its
 * create until a watch tells of the Pod.
 */
final class PodDelay implements AutoCloseable {
  private static final Duration LONGEST = Duration.ofMinutes(15);

  /** Each has the Job controller's attention for itself. */
  private static final Duration APART = Duration.ofSeconds(1);

  private static final Pattern JOB =
      Pattern.compile("\"batch.kubernetes.io/job-name\":\"([^\"]+)\"");

  private final ApiServer admin;
  private final String namespace;
  private final ConcurrentHashMap<String, Instant> pods = new ConcurrentHashMap<>();
  private final AutoCloseable watch;
  private int jobs;

  PodDelay(ApiServer admin, String namespace) {
    this.admin = admin;
    this.namespace = namespace;
    this.watch = admin.watch("/api/v1/namespaces/" + namespace + "/pods", this::line);
  }

  private void line(String line) {
    Matcher job = JOB.matcher(line);
    if (job.find()) {
      pods.putIfAbsent(job.group(1), Instant.now());
    }
  }

  /** Milliseconds of so many Jobs, one after the other. */
  List<Double> measure(int samples) {
    List<Double> delays = new ArrayList<>();
    String path = Workload.JOBS.formatted(namespace);
    for (int i = 0; i < samples; i++) {
      String name = "unrelated-" + jobs++;
      Instant sent = Instant.now();
      admin.create(path, Workload.ordinaryJob(name));
      Cluster.await("the Pod of " + name, LONGEST, () -> pods.containsKey(name));
      delays.add(Figures.milliseconds(sent, pods.getOrDefault(name, sent)));
      Cluster.pause(APART);
    }
    return delays;
  }

  @Override
  public void close() throws Exception {
    watch.close();
  }
}
