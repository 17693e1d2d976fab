package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code dev/bench fire}: many schedules due at one instant. */
final class Fire {
  static final List<String> RAISED =
      List.of("--kube-api-qps=1000", "--kube-api-burst=2000", "--concurrent-cron-job-syncs=50");
  static final List<String> DEFAULT =
      List.of("--kube-api-qps=20", "--kube-api-burst=30", "--concurrent-cron-job-syncs=5");

  private static final Duration LONGEST = Duration.ofMinutes(15);

  /** So long the native controller with default flags is watched. */
  private static final Duration SLOW = Duration.ofSeconds(90);

  private final Cluster cluster;
  private final int count;
  private final Duration lead;
  private final List<String> jvmFlags;
  private final Figures figures;
  private final String namespace = "bench-" + Instant.now().getEpochSecond();

  Fire(Cluster cluster, int count, Duration lead, List<String> jvmFlags, Figures figures) {
    this.cluster = cluster;
    this.lead = lead;
    this.count = count;
    this.jvmFlags = jvmFlags;
    this.figures = figures;
  }

  void run(boolean withRaw, boolean withNative) throws Exception {
    cluster.namespace(namespace);
    try {
      cluster.restartControllerManager(RAISED);
      measure(withRaw, withNative);
    } finally {
      cluster.kubectl("delete", "namespace", namespace, "--wait=false");
    }
  }

  private void measure(boolean withRaw, boolean withNative) throws Exception {
    ObjectNode root = figures.root();
    root.put("schedules", count);
    double raw = 0;
    RawRate rawRate = new RawRate(cluster, namespace, count);
    RawWrites creates = new RawCreates(cluster, namespace);
    if (withRaw) {
      Bench.say("The API server's raw rate of Job creates, before");
      raw = rawRate.measure(creates, root.putObject("rawBefore"));
    }
    Bench.say("Scanwarden");
    double scanwarden = scanwarden(root.putObject("scanwarden"));
    cluster.clean(namespace);
    if (withRaw) {
      Bench.say("The API server's raw rate of Job creates, after");
      raw = Math.max(raw, rawRate.measure(creates, root.putObject("rawAfter")));
    }
    double raised = 0;
    double slow = 0;
    if (withNative) {
      Bench.say("The native CronJob controller with %s".formatted(String.join(" ", RAISED)));
      raised = cronJobs(RAISED, LONGEST, root.putObject("nativeRaised"));
      Bench.say(
          "The native CronJob controller with its defaults, for %d s".formatted(SLOW.toSeconds()));
      slow = cronJobs(DEFAULT, SLOW, root.putObject("nativeDefault"));
    }
    ObjectNode ratios = root.putObject("ratios");
    Figures.ratio(ratios, "scanwardenToRaw", scanwarden, raw);
    Figures.ratio(ratios, "scanwardenToNativeRaised", scanwarden, raised);
    Figures.ratio(ratios, "scanwardenToNativeDefault", scanwarden, slow);
  }

  // ---- Scanwarden

  private double scanwarden(ObjectNode into) throws Exception {
    try (OperatorUnderTest operator =
        new OperatorUnderTest(
            cluster.operatorKubeconfig(),
            jvmFlags,
            List.of("--namespaces", namespace),
            Duration.ofMinutes(2))) {
      Map<String, Long> processes = cluster.processes();
      processes.put("scanwarden", operator.pid());
      double emptyHeap = operator.liveHeap();
      Instant due = Instant.now().plus(lead).truncatedTo(ChronoUnit.SECONDS);
      Bench.say("  %d schedules, due at %s".formatted(count, due));
      String path = Workload.SCHEDULES.formatted(namespace);
      try (Statuses statuses = new Statuses(cluster.admin(), namespace)) {
        Workload.each(
            count, 8, i -> cluster.admin().create(path, Workload.schedule(Workload.name(i), due)));
        Cluster.await("all schedules to be ready", LONGEST, () -> statuses.ready() == count);
        Instant readyAt = Instant.now();
        if (readyAt.isAfter(due.minusSeconds(4))) {
          throw new IllegalStateException("the schedules were not ready in time for " + due);
        }
        double restHeap = operator.liveHeap();
        Cluster.pause(Duration.between(Instant.now(), due.minusSeconds(2)));
        return fire(operator, processes, statuses, due, emptyHeap, restHeap, into);
      }
    }
  }

  private double fire(
      OperatorUnderTest operator,
      Map<String, Long> processes,
      Statuses statuses,
      Instant due,
      double emptyHeap,
      double restHeap,
      ObjectNode into)
      throws Exception {
    try (Arrivals arrivals = new Arrivals(cluster.admin(), namespace)) {
      Usage before = Usage.now(processes, cluster.admin());
      Map<String, Double> writesBefore = operator.requests(true);
      boolean all = Cluster.within(LONGEST, () -> arrivals.count() >= count);
      Usage burst = Usage.ofProcesses(processes);
      Bench.say("  %d Jobs are there; waiting for the statuses".formatted(arrivals.count()));
      boolean complete = Cluster.within(LONGEST, () -> statuses.succeeded() >= count);
      double rate = arrivals.describe(due, into);
      into.put("allStarted", all);
      if (complete) {
        into.put("secondsUntilEveryStatusIsComplete", since(due, statuses.lastSucceeded()));
      } else {
        into.put("statusesComplete", statuses.succeeded());
      }
      // Events and what else is behind the fires.
      Cluster.pause(Duration.ofSeconds(5));
      Usage used = Usage.now(processes, cluster.admin()).since(before);
      arrivals.describeRuns(into, statuses.writes(due));
      burst
          .since(before)
          .cpuPerRun(into.putObject("cpuMillisecondsPerRunUntilTheLastStart"), count);
      used.perRun(into, count);
      operator.writesPerJob(writesBefore, count, into.putObject("operatorWritesPerRun"));
      into.put("eventsDropped", operator.metric("scanwarden_events_dropped_total"));
      ObjectNode memory = into.putObject("operatorMemoryMiB");
      memory.put("heapEmpty", Figures.round(emptyHeap, 1));
      memory.put("heapAtRest", Figures.round(restHeap, 1));
      memory.put("heapAfterwards", Figures.round(operator.liveHeap(), 1));
      memory.put("residentAfterwards", Figures.round(Usage.memory(operator.pid(), "VmRSS"), 0));
      memory.put("residentAtMost", Figures.round(Usage.memory(operator.pid(), "VmHWM"), 0));
      return rate;
    }
  }

  private static double since(Instant due, @Nullable Instant last) {
    return last == null ? -1 : Figures.round(Duration.between(due, last).toMillis() / 1000.0, 2);
  }

  // ---- the native controller

  private double cronJobs(List<String> flags, Duration longest, ObjectNode into) throws Exception {
    cluster.restartControllerManager(flags);
    Cluster.pause(Duration.ofSeconds(5));
    Map<String, Long> processes = cluster.processes();
    Instant due =
        Instant.now()
            .plusSeconds(20)
            .plus(Duration.ofMillis(5).multipliedBy(count))
            .truncatedTo(ChronoUnit.MINUTES)
            .plusSeconds(60);
    Bench.say("  %d CronJobs, due at %s".formatted(count, due));
    String path = Workload.CRON_JOBS.formatted(namespace);
    Workload.each(
        count, 8, i -> cluster.admin().create(path, Workload.cronJob(Workload.name(i), due)));
    Cluster.pause(Duration.between(Instant.now(), due.minusSeconds(2)));
    double rate;
    try (Arrivals arrivals = new Arrivals(cluster.admin(), namespace)) {
      Usage before = Usage.now(processes, cluster.admin());
      boolean all = Cluster.within(longest, () -> arrivals.count() >= count);
      Cluster.pause(Duration.ofSeconds(5));
      Usage used = Usage.now(processes, cluster.admin()).since(before);
      int there = arrivals.count();
      Bench.say("  %d Jobs are there".formatted(there));
      rate = arrivals.describe(due, into);
      into.put("flags", String.join(" ", flags));
      into.put("allStarted", all);
      used.perRun(into, Math.max(1, there));
    }
    // With its defaults it would take long to clean up behind itself.
    cluster.admin().delete(path + "?propagationPolicy=Background");
    cluster.restartControllerManager(RAISED);
    cluster.clean(namespace);
    return rate;
  }
}
