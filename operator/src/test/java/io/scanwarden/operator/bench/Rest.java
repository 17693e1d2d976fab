package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code dev/bench rest}: many schedules, none of them due. */
final class Rest {
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final Cluster cluster;
  private final int count;
  private final List<String> jvmFlags;
  private final Figures figures;
  private final String namespace = "bench-rest-" + Instant.now().getEpochSecond();

  Rest(Cluster cluster, int count, List<String> jvmFlags, Figures figures) {
    this.cluster = cluster;
    this.count = count;
    this.jvmFlags = jvmFlags;
    this.figures = figures;
  }

  /** On a real API server. */
  void run(Duration watched) throws Exception {
    cluster.namespace(namespace);
    try {
      measure(watched);
    } finally {
      cluster.kubectl("delete", "namespace", namespace, "--wait=false");
    }
  }

  private void measure(Duration watched) throws Exception {
    ObjectNode root = figures.root();
    root.put("schedules", count);
    try (OperatorUnderTest operator = operator(cluster.operatorKubeconfig(), jvmFlags)) {
      double empty = operator.liveHeap();
      Bench.say("  creating %d schedules".formatted(count));
      String path = Workload.SCHEDULES.formatted(namespace);
      Workload.each(
          count,
          8,
          i -> cluster.admin().create(path, Workload.atRest(Workload.name(i), Instant.now())));
      operator.awaitRest(count, LONGEST);
      Map<String, Long> processes = cluster.processes();
      processes.put("scanwarden", operator.pid());
      Usage before = Usage.now(processes, cluster.admin());
      watch(operator, watched, root);
      Usage used = Usage.now(processes, cluster.admin()).since(before);
      double minutes = watched.toMillis() / 60_000.0;
      ObjectNode cpu = root.putObject("cpuMillisecondsPerMinute");
      used.cpu().forEach((p, s) -> cpu.put(p, Figures.round(s * 1000 / minutes, 0)));
      ObjectNode writes = root.putObject("apiServerWritesPerMinute");
      used.writes().forEach((kind, n) -> writes.put(kind, Figures.round(n / minutes, 1)));
      memory(operator, empty, count, root);
    }
  }

  /** Through the real clients, caches and states, on a stand-in for the API server. */
  static void inMemory(
      StandInApi api, int count, List<String> jvmFlags, Duration watched, Figures figures)
      throws IOException {
    ObjectNode root = figures.root();
    root.put("schedules", count);
    root.put("inMemory", true);
    Path kubeconfig = api.kubeconfig();
    double empty;
    try (OperatorUnderTest operator = operator(kubeconfig, jvmFlags)) {
      empty = operator.liveHeap();
    }
    api.fill();
    Bench.say("  with %d schedules".formatted(count));
    long begin = System.nanoTime();
    try (OperatorUnderTest operator = operator(kubeconfig, jvmFlags)) {
      root.put(
          "secondsFromProcessStartToLeading", Figures.round((System.nanoTime() - begin) / 1e9, 1));
      memory(operator, empty, count, root.putObject("whenLeading"));
      operator.awaitRest(count, LONGEST);
      root.put(
          "secondsFromProcessStartToQuiet",
          Figures.round((System.nanoTime() - begin) / 1e9 - OperatorUnderTest.REST.toSeconds(), 1));
      Map<String, Long> processes = new LinkedHashMap<>();
      processes.put("scanwarden", operator.pid());
      Usage before = Usage.ofProcesses(processes);
      watch(operator, watched, root);
      Usage used = Usage.ofProcesses(processes).since(before);
      double minutes = watched.toMillis() / 60_000.0;
      ObjectNode cpu = root.putObject("cpuMillisecondsPerMinute");
      used.cpu().forEach((p, s) -> cpu.put(p, Figures.round(s * 1000 / minutes, 0)));
      memory(operator, empty, count, root);
    }
  }

  private static OperatorUnderTest operator(Path kubeconfig, List<String> jvmFlags)
      throws IOException {
    return new OperatorUnderTest(kubeconfig, jvmFlags, List.of(), LONGEST);
  }

  private static void watch(OperatorUnderTest operator, Duration watched, ObjectNode into) {
    Bench.say("  at rest; watching for %d s".formatted(watched.toSeconds()));
    Map<String, Double> before = operator.requests(false);
    Cluster.pause(watched);
    ObjectNode requests = into.putObject("operatorRequestsPerMinuteBesideTheLease");
    operator
        .requests(false)
        .forEach(
            (verb, n) ->
                requests.put(
                    verb,
                    Figures.round(
                        (n - before.getOrDefault(verb, 0.0)) * 60 / watched.toSeconds(), 1)));
  }

  private static void memory(OperatorUnderTest operator, double empty, int count, ObjectNode into) {
    double heap = operator.liveHeap();
    into.put("heapMiBWithoutSchedules", Figures.round(empty, 1));
    into.put("heapMiB", Figures.round(heap, 1));
    into.put("heapBytesPerSchedule", Figures.round((heap - empty) * (1 << 20) / count, 0));
    into.put("residentMiB", Figures.round(Usage.memory(operator.pid(), "VmRSS"), 0));
    into.put("residentMiBAtMost", Figures.round(Usage.memory(operator.pid(), "VmHWM"), 0));
  }
}
