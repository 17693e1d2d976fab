package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.operator.run.Marks;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;

/** {@code dev/bench isolation}: six pools, of which one is empty and full by turns. */
final class Isolation {
  private static final List<String> POOLS =
      List.of("scans", "discovery", "compliance", "threat-feeds", "sync");
  private static final String SIXTH = "maintenance";
  private static final int SLOTS = 20;
  private static final Duration EVERY = Duration.ofSeconds(30);
  private static final Duration LONGEST = Duration.ofMinutes(10);

  /** What the operator has to do and to tell at a start, or after a deletion, is done by then. */
  private static final Duration SETTLE = Duration.ofSeconds(20);

  /** By then the Events of thousands that have come to wait are written, behind the starts. */
  private static final Duration SETTLE_FULL = Duration.ofSeconds(60);

  /**
   * How much is measured.
   *
   * @param schedules in each of the five pools
   * @param waiting runs of the sixth, when it is full
   * @param rounds each with the sixth empty, then full
   * @param part how long the starts are looked at, each time
   */
  record Size(int schedules, int waiting, int rounds, Duration part) {}

  /** Starts of the five pools: milliseconds after they were due. */
  private static final class Delays {
    final List<Double> admitted = new ArrayList<>();
    final List<Double> seen = new ArrayList<>();

    void add(Delays others) {
      admitted.addAll(others.admitted);
      seen.addAll(others.seen);
    }

    void describe(ObjectNode into) {
      into.put("starts", admitted.size());
      Figures.spread(admitted, into.putObject("millisecondsAfterDueByAdmittedAt"));
      Figures.spread(seen, into.putObject("millisecondsAfterDueBySeen"));
    }
  }

  private final Cluster cluster;
  private final Size size;
  private final List<String> jvmFlags;
  private final Figures figures;
  private final String namespace = "bench-isolation-" + Instant.now().getEpochSecond();
  private final String schedules = Workload.SCHEDULES.formatted(namespace);

  /** Jobs of the sixth pool that run. */
  private final ConcurrentLinkedQueue<String> running = new ConcurrentLinkedQueue<>();

  Isolation(Cluster cluster, Size size, List<String> jvmFlags, Figures figures) {
    this.cluster = cluster;
    this.size = size;
    this.jvmFlags = jvmFlags;
    this.figures = figures;
  }

  void run() throws Exception {
    cluster.namespace(namespace);
    try {
      cluster.restartControllerManager(Fire.RAISED);
      measure();
    } finally {
      cluster.kubectl("delete", "namespace", namespace, "--wait=false");
    }
  }

  private void measure() throws Exception {
    ApiServer admin = cluster.admin();
    ObjectNode root = figures.root();
    root.put("schedulesPerPool", size.schedules()).put("waiting", size.waiting());
    try (OperatorUnderTest operator =
            new OperatorUnderTest(
                cluster.operatorKubeconfig(),
                jvmFlags,
                List.of("--namespaces", namespace),
                Duration.ofMinutes(2));
        Completer completer = new Completer(admin, namespace);
        Starts starts = new Starts(admin, namespace, job -> started(job, completer), job -> {});
        Statuses statuses = new Statuses(admin, namespace)) {
      POOLS.forEach(this::pool);
      pool(SIXTH);
      for (String pool : POOLS) {
        Workload.each(size.schedules(), 8, i -> schedule(pool, i));
      }
      Cluster.await(
          "all schedules to be ready",
          LONGEST,
          () -> statuses.ready() == POOLS.size() * size.schedules());
      Cluster.pause(EVERY.plus(SETTLE)); // each has run once
      rounds(operator, starts, statuses, completer, root);
    }
  }

  private void rounds(
      OperatorUnderTest operator,
      Starts starts,
      Statuses statuses,
      Completer completer,
      ObjectNode root)
      throws Exception {
    Delays empty = new Delays();
    Delays full = new Delays();
    for (int round = 1; round <= size.rounds(); round++) {
      ObjectNode into = root.putObject("round" + round);
      empty.add(look(operator, starts, completer, into.putObject("sixthEmpty")));
      fill(round, statuses);
      full.add(look(operator, starts, completer, into.putObject("sixthFull")));
      drop();
    }
    empty.describe(root.putObject("withSixthEmpty"));
    full.describe(root.putObject("withSixthFull"));
    ObjectNode ratios = root.putObject("ratios");
    ratio(ratios, "percentile99ByAdmittedAt", full.admitted, empty.admitted);
    ratio(ratios, "percentile99BySeen", full.seen, empty.seen);
  }

  private static void ratio(ObjectNode into, String name, List<Double> full, List<Double> empty) {
    Figures.ratio(into, name, percentile99(full), percentile99(empty));
  }

  private static double percentile99(List<Double> values) {
    return values.isEmpty() ? 0 : Figures.percentile(values.stream().sorted().toList(), 0.99);
  }

  private void pool(String name) {
    cluster.admin().create(Workload.POOLS.formatted(namespace), Workload.pool(name, SLOTS));
  }

  private void schedule(String pool, int i) {
    Duration offset = Duration.ofSeconds(i % EVERY.toSeconds());
    String name = "%s-%06d".formatted(pool, i);
    cluster.admin().create(schedules, Workload.inPool(name, pool, EVERY, offset));
  }

  private void started(String job, Completer completer) {
    if (job.startsWith(SIXTH)) {
      running.add(job);
    } else {
      completer.complete(job);
    }
  }

  /** In a full pool one Job ends now and then, and the next one starts. */
  private void endOne(Completer completer) {
    String job = running.poll();
    if (job != null) {
      completer.complete(job);
    }
  }

  private void fill(int round, Statuses statuses) {
    Bench.say("  %d runs come to wait in the sixth pool".formatted(size.waiting()));
    Instant due =
        Instant.now().plusSeconds(10 + size.waiting() / 50).truncatedTo(ChronoUnit.SECONDS);
    int before = statuses.queued();
    Workload.each(
        size.waiting() + SLOTS,
        8,
        i -> {
          String name = "%s-%d-%06d".formatted(SIXTH, round, i);
          cluster.admin().create(schedules, Workload.inPool(name, SIXTH, due, 1));
        });
    Cluster.pause(Duration.between(Instant.now(), due));
    // Some have started by the time that the last are reported.
    int most = before + size.waiting() * 9 / 10;
    Cluster.await("them to wait", LONGEST, () -> statuses.queued() >= most);
    Cluster.pause(SETTLE_FULL);
  }

  private void drop() {
    String sixth = "?labelSelector=" + Marks.POOL + "%3D" + SIXTH;
    String jobs = Workload.JOBS.formatted(namespace) + sixth;
    Cluster.await(
        "the sixth pool to be empty",
        LONGEST,
        () -> {
          cluster.admin().delete(schedules + sixth + "&propagationPolicy=Background");
          cluster.admin().delete(jobs + "&propagationPolicy=Background");
          return cluster.admin().count(schedules + sixth) == 0 && cluster.admin().count(jobs) == 0;
        });
    running.clear();
    Cluster.pause(SETTLE);
  }

  private Delays look(
      OperatorUnderTest operator, Starts starts, Completer completer, ObjectNode into) {
    String sixth = Workload.POOLS.formatted(namespace) + "/" + SIXTH;
    int waiting = cluster.admin().get(sixth).at("/status/queued").asInt();
    Bench.say("  looking at the starts while %d wait in the sixth pool".formatted(waiting));
    Map<String, Long> processes = cluster.processes();
    processes.put("scanwarden", operator.pid());
    Instant from = Instant.now();
    Usage before = Usage.now(processes, cluster.admin());
    for (long second = 0; second < size.part().toSeconds(); second++) {
      Cluster.pause(Duration.ofSeconds(1));
      endOne(completer);
    }
    Instant to = Instant.now();
    Usage used = Usage.now(processes, cluster.admin()).since(before);
    Cluster.pause(Duration.ofSeconds(2)); // the last ones are seen by then
    Delays delays = new Delays();
    starts.all().stream()
        .filter(start -> start.at().isAfter(from))
        .forEach(start -> add(start, from, to, delays));
    into.put("waitingInTheSixth", waiting);
    delays.describe(into);
    used.cpuPerRun(into.putObject("cpuMillisecondsPerStart"), Math.max(1, delays.seen.size()));
    return delays;
  }

  private static void add(Starts.Start start, Instant from, Instant to, Delays delays) {
    JsonNode metadata = start.metadata();
    JsonNode annotations = metadata.path("annotations");
    Instant due = Instant.parse(annotations.path(Marks.SCHEDULED_AT).asText());
    boolean within = !due.isBefore(from) && due.isBefore(to);
    if (within && POOLS.contains(metadata.path("labels").path(Marks.POOL).asText())) {
      Instant admitted = Instant.parse(annotations.path(Marks.ADMITTED_AT).asText());
      delays.admitted.add(Figures.milliseconds(due, admitted));
      delays.seen.add(Figures.milliseconds(due, start.at()));
    }
  }
}
