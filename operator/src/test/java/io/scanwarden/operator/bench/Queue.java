package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** {@code dev/bench queue}: many runs, or Jobs, that wait in one pool and then get its slots. */
final class Queue {
  private static final String POOL = "nightly";
  private static final Duration LONGEST = Duration.ofMinutes(20);

  /** What has just been restarted needs time to read what there is. */
  private static final Duration SETTLE = Duration.ofSeconds(5);

  /**
   * How much is measured.
   *
   * @param waiting runs, or Jobs
   * @param slots of the pool
   * @param runsPerSchedule how many of them are of the same schedule, at most 100
   * @param samples unrelated Jobs whose Pod is waited for, each time
   */
  record Size(int waiting, int slots, int runsPerSchedule, int samples) {
    int schedules() {
      return waiting / runsPerSchedule;
    }
  }

  private final Cluster cluster;
  private final Size size;
  private final List<String> jvmFlags;
  private final Figures figures;
  private final String namespace = "bench-queue-" + Instant.now().getEpochSecond();
  private final String elsewhere = namespace + "-elsewhere";
  private final String pool = Workload.POOLS.formatted(namespace) + "/" + POOL;

  Queue(Cluster cluster, Size size, List<String> jvmFlags, Figures figures) {
    this.cluster = cluster;
    this.size = size;
    this.jvmFlags = jvmFlags;
    this.figures = figures;
  }

  void run(boolean withRaw, boolean scheduled, boolean adHoc) throws Exception {
    cluster.namespace(namespace);
    cluster.namespace(elsewhere);
    figures.root().put("waiting", size.waiting()).put("slots", size.slots());
    try (PodDelay unrelated = new PodDelay(cluster.admin(), elsewhere)) {
      cluster.restartControllerManager(Fire.RAISED);
      if (scheduled) {
        figures.root().put("schedules", size.schedules());
        ObjectNode into = figures.root().putObject("scheduledRuns");
        measure(withRaw, RawStarts.Kind.CREATE, scanwarden -> runs(unrelated, scanwarden), into);
      }
      if (adHoc) {
        ObjectNode into = figures.root().putObject("adHocJobs");
        measure(withRaw, RawStarts.Kind.RESUME, scanwarden -> jobs(unrelated, scanwarden), into);
      }
    } finally {
      cluster.kubectl("delete", "namespace", namespace, elsewhere, "--wait=false");
    }
  }

  /** Measures, and returns the starts a second. */
  private interface Turn {
    double take(ObjectNode into) throws Exception;
  }

  private void measure(boolean withRaw, RawStarts.Kind kind, Turn scanwarden, ObjectNode into)
      throws Exception {
    RawRate rawRate = new RawRate(cluster, namespace, size.waiting());
    RawWrites inSlots = new RawStarts(cluster, namespace, POOL, kind, size.slots());
    double raw = 0;
    if (withRaw) {
      Bench.say("The API server's raw rate in as many slots, before");
      raw = rawRate.measure(inSlots, into.putObject("rawBefore"));
    }
    Bench.say("Scanwarden");
    double rate = scanwarden.take(into.putObject("scanwarden"));
    cluster.clean(namespace);
    double uncapped = 0;
    if (withRaw) {
      Bench.say("The API server's raw rate in as many slots, after");
      raw = Math.max(raw, rawRate.measure(inSlots, into.putObject("rawAfter")));
      Bench.say("The API server's raw rate without a cap");
      RawWrites withoutCap = new RawStarts(cluster, namespace, POOL, kind, 0);
      uncapped = rawRate.measure(withoutCap, into.putObject("rawWithoutCap"));
    }
    ObjectNode ratios = into.putObject("ratios");
    Figures.ratio(ratios, "scanwardenToRaw", rate, raw);
    Figures.ratio(ratios, "scanwardenToRawWithoutCap", rate, uncapped);
  }

  private OperatorUnderTest operator() throws Exception {
    return new OperatorUnderTest(
        cluster.operatorKubeconfig(),
        jvmFlags,
        List.of("--namespaces", namespace),
        Duration.ofMinutes(2));
  }

  // ---- runs of schedules

  private double runs(PodDelay unrelated, ObjectNode into) throws Exception {
    restart(Fire.DEFAULT);
    try (OperatorUnderTest operator = operator();
        Statuses statuses = new Statuses(cluster.admin(), namespace)) {
      ObjectNode memory = into.putObject("operatorMemoryMiB");
      memory.put("heapEmpty", Figures.round(operator.liveHeap(), 1));
      poolWithoutSlots();
      delay(unrelated, "withoutQueue", into);
      Bench.say("  %d schedules".formatted(size.schedules()));
      Instant due =
          Instant.now()
              .plusSeconds(10 + size.schedules() / 50 + size.runsPerSchedule())
              .truncatedTo(ChronoUnit.SECONDS);
      String path = Workload.SCHEDULES.formatted(namespace);
      Workload.each(
          size.schedules(),
          8,
          i ->
              cluster
                  .admin()
                  .create(
                      path, Workload.inPool(Workload.name(i), POOL, due, size.runsPerSchedule())));
      Cluster.await("all runs to wait", LONGEST, () -> statuses.queued() == size.waiting());
      operator.awaitRest(size.schedules(), LONGEST);
      memory.put("heapWithQueue", Figures.round(operator.liveHeap(), 1));
      delay(unrelated, "withQueue", into);
      restart(Fire.RAISED);
      return drain(operator, () -> statuses.succeeded() >= size.waiting(), memory, into);
    }
  }

  // ---- ad hoc Jobs

  private double jobs(PodDelay unrelated, ObjectNode into) throws Exception {
    restart(Fire.DEFAULT);
    try (OperatorUnderTest operator = operator()) {
      ObjectNode memory = into.putObject("operatorMemoryMiB");
      memory.put("heapEmpty", Figures.round(operator.liveHeap(), 1));
      poolWithoutSlots();
      delay(unrelated, "withoutQueue", into);
      // Those that the Job controller looks after: it is them whom others wait for.
      fill(false);
      delay(unrelated, "withQueue", into);
      restart(Fire.RAISED);
      cluster.clean(namespace);
      poolWithoutSlots();
      fill(true);
      Cluster.await(
          "all Jobs to wait",
          LONGEST,
          () -> cluster.admin().get(pool).at("/status/queued").asInt() == size.waiting());
      operator.awaitRest(0, LONGEST);
      memory.put("heapWithQueue", Figures.round(operator.liveHeap(), 1));
      return drain(operator, () -> true, memory, into);
    }
  }

  private void fill(boolean completed) {
    Bench.say("  %d Jobs".formatted(size.waiting()));
    String path = Workload.JOBS.formatted(namespace);
    Workload.each(
        size.waiting(),
        8,
        i -> cluster.admin().create(path, Workload.queuedJob(Workload.name(i), POOL, completed)));
  }

  // ---- both

  private void restart(List<String> controllerManagerFlags) {
    cluster.restartControllerManager(controllerManagerFlags);
    Cluster.pause(SETTLE);
  }

  private void poolWithoutSlots() {
    cluster.admin().create(Workload.POOLS.formatted(namespace), Workload.pool(POOL, 0));
  }

  private void delay(PodDelay unrelated, String when, ObjectNode into) {
    Bench.say("  %d unrelated Jobs, %s".formatted(size.samples(), when));
    ObjectNode delays = into.withObject("/millisecondsUntilThePodOfAnUnrelatedJob");
    Figures.spread(unrelated.measure(size.samples()), delays.putObject(when));
  }

  /** Gives the pool its slots, and ends every Job at once until none is left. */
  private double drain(
      OperatorUnderTest operator, BooleanSupplier reported, ObjectNode memory, ObjectNode into)
      throws Exception {
    ApiServer admin = cluster.admin();
    Map<String, Long> processes = cluster.processes();
    processes.put("scanwarden", operator.pid());
    int count = size.waiting();
    try (Completer completer = new Completer(admin, namespace);
        Starts starts = new Starts(admin, namespace, completer::complete, job -> {})) {
      Usage before = Usage.now(processes, admin);
      Map<String, Double> writesBefore = operator.requests(true);
      Instant opened = Instant.now();
      admin.merge(pool, Workload.slots(size.slots()));
      boolean all = Cluster.within(LONGEST, () -> starts.count() >= count);
      Usage burst = Usage.ofProcesses(processes).since(before);
      operator.writesPerJob(
          writesBefore, count, into.putObject("operatorWritesPerJobUntilTheLastStart"));
      Bench.say("  %d have started; waiting for the rest".formatted(starts.count()));
      boolean complete = Cluster.within(LONGEST, reported);
      operator.awaitRest(0, LONGEST);
      Usage used = Usage.now(processes, admin).since(before);

      into.put("started", starts.count());
      into.put("allStarted", all);
      into.put("allReported", complete);
      into.put("runningAtMost", starts.runningAtMost());
      starts.all().stream()
          .findFirst()
          .map(first -> Figures.milliseconds(opened, first.at()))
          .ifPresent(late -> into.put("millisecondsFromOpeningToFirstStart", late));
      into.put("startsPerSecond", Figures.round(starts.rate(), 1));
      burst.cpuPerRun(into.putObject("cpuMillisecondsPerJobUntilTheLastStart"), count);
      used.perRun(into, count);
      writes(operator, writesBefore, into);
      memory.put("heapAfterwards", Figures.round(operator.liveHeap(), 1));
      memory.put("residentAtMost", Figures.round(Usage.memory(operator.pid(), "VmHWM"), 0));
      return starts.rate();
    }
  }

  private void writes(OperatorUnderTest operator, Map<String, Double> before, ObjectNode into) {
    int count = size.waiting();
    ObjectNode perJob = into.putObject("operatorWritesPerJob");
    operator.writesPerJob(before, count, perJob);
    double statuses = 0;
    double events = 0;
    double others = 0;
    for (var kind : perJob.properties()) {
      double n = kind.getValue().asDouble();
      if (kind.getKey().endsWith("/status")) {
        statuses += n;
      } else if (kind.getKey().endsWith(" events")) {
        events += n;
      } else {
        others += n;
      }
    }
    into.put("operatorWritesPerJobBesideStatusAndEvents", Figures.round(others, 2));
    into.put("eventsPerJob", Figures.round(events, 2));
    into.put("statusWritesPer1000Starts", Figures.round(statuses * 1000, 0));
  }
}
