package io.scanwarden.operator.faults;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.fabric8.kubernetes.client.dsl.ScalableResource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * A pool of five slots, and all at once: clients that create Jobs, schedules that fire, people who
 * delete, suspend and resume, and an operator that is killed. {@code -Dscanwarden.test.seed}
 * repeats what was chosen, as far as the machine's timing allows.
 */
@ControlPlaneTest
class PoolCapIT {
  private static final int CAP = 5;
  private static final int CLIENTS = 20;
  private static final int JOBS_OF_A_CLIENT = 20;
  private static final int SCHEDULES = 10;
  private static final int TARGETS = 10;
  private static final int KILLS = 3;
  private static final int DELETED = 20;
  private static final int SUSPENDED = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(6);
  private static final Duration RETRY = Duration.ofMillis(200);

  private record Disturbed(Set<String> deleted, Set<String> suspended) {}

  @Test
  void neverMoreThanFiveRun(ControlPlane plane) throws Exception {
    long seed = Long.getLong("scanwarden.test.seed", System.nanoTime());
    RunningOperator.install(plane);
    plane
        .apply(
            """
            apiVersion: scanwarden.io/v1alpha1
            kind: WorkerPool
            metadata: {name: five}
            spec: {maxConcurrent: %d}
            """
                .formatted(CAP))
        .orThrow();
    try (EventLog<Job> jobs =
            new EventLog<>(plane.admin().batch().v1().jobs().inNamespace(plane.namespace()));
        EventLog<Pod> pods = new EventLog<>(plane.admin().pods().inNamespace(plane.namespace()))) {
      Disturbed disturbed = allAtOnce(plane, new Random(seed), jobs);
      check(jobs, pods, disturbed);
    } catch (AssertionError | Exception e) {
      throw new AssertionError("with -Dscanwarden.test.seed=" + seed, e);
    }
  }

  private static Disturbed allAtOnce(ControlPlane plane, Random random, EventLog<Job> jobs)
      throws Exception {
    Random people = new Random(random.nextLong());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      Future<Disturbed> disturbed;
      try (RunningOperator first = start(plane).awaitLeading()) {
        // Now the webhook is registered: what comes later finds it, or is refused.
        plane.apply(schedules()).orThrow();
        plane
            .kubectl(
                "annotate",
                "scansched",
                "--all",
                "scanwarden.io/requested-at=" + Instant.now().truncatedTo(ChronoUnit.SECONDS))
            .orThrow();
        for (int client = 0; client < CLIENTS; client++) {
          int mine = client;
          clients.add(threads.submit(() -> createAll(plane, mine)));
        }
        disturbed = threads.submit(() -> disturb(plane, people, jobs));
        killAfter(first, jobs, random);
      }
      for (int i = 1; i < KILLS; i++) {
        try (RunningOperator next = start(plane)) {
          killAfter(next, jobs, random);
        }
      }
      try (RunningOperator last = start(plane).awaitLeading()) {
        for (Future<?> client : clients) {
          client.get();
        }
        Disturbed done = disturbed.get();
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofSeconds(1))
            .until(() -> allHaveEnded(plane, done));
        return done;
      }
    }
  }

  private static RunningOperator start(ControlPlane plane) {
    return NextOperator.start(plane, RunningOperator.Launch::withWebhook);
  }

  private static void killAfter(RunningOperator operator, EventLog<Job> jobs, Random random)
      throws Exception {
    jobs.following(20 + random.nextInt(60), entry -> isRunning(entry.object()))
        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    operator.kill();
  }

  // ---- who wants something of the pool

  private static String schedules() {
    return IntStream.range(0, SCHEDULES)
        .mapToObj(
            i ->
                """
                apiVersion: scanwarden.io/v1alpha1
                kind: ScanSchedule
                metadata: {name: run-%d}
                spec:
                  triggers: [{at: "2099-01-01T00:00:00Z"}]
                  poolRef: {name: five}
                  successfulJobsHistoryLimit: 100
                  targets: [%s]
                  jobTemplate:
                    spec:
                      backoffLimit: 0
                      template:
                %s
                """
                    .formatted(
                        i,
                        IntStream.range(0, TARGETS)
                            .mapToObj(t -> "{name: t" + t + "}")
                            .collect(Collectors.joining(", ")),
                        podTemplate().indent(10)))
        .collect(Collectors.joining("---\n"));
  }

  private static String podTemplate() {
    return """
        metadata:
          annotations: {dev.scanwarden.io/run-for: 100ms, dev.scanwarden.io/terminate-for: 1s}
        spec: {restartPolicy: Never, containers: [{name: scan, image: "scanner:1"}]}
        """;
  }

  private static int createAll(ControlPlane plane, int client) {
    for (int i = 0; i < JOBS_OF_A_CLIENT; i++) {
      String manifest =
          """
          apiVersion: batch/v1
          kind: Job
          metadata: {name: c%d-%d, labels: {scanwarden.io/pool: five}}
          spec:
            backoffLimit: 0
            template:
          %s
          """
              .formatted(client, i, podTemplate().indent(4));
      insist(() -> plane.admin().resource(manifest).inNamespace(plane.namespace()).create());
    }
    return JOBS_OF_A_CLIENT;
  }

  /** While no operator is there, what concerns a pool is refused: so clients try again. */
  private static void insist(Runnable request) {
    await().atMost(PATIENCE).pollInterval(RETRY).until(() -> isDone(request));
  }

  private static boolean isDone(Runnable request) {
    try {
      request.run();
      return true;
    } catch (KubernetesClientException e) {
      // Done before, by a request whose answer was lost, or gone.
      return e.getCode() == HttpURLConnection.HTTP_CONFLICT
          || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND;
    }
  }

  // ---- people

  private static Disturbed disturb(ControlPlane plane, Random random, EventLog<Job> log)
      throws Exception {
    Set<String> deleted = ConcurrentHashMap.newKeySet();
    Set<String> suspended = ConcurrentHashMap.newKeySet();
    while (deleted.size() < DELETED || suspended.size() < SUSPENDED) {
      log.following(10, entry -> entry.action() == Action.MODIFIED)
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      List<Job> running =
          now(log).stream()
              .filter(PoolCapIT::isRunning)
              .filter(job -> !deleted.contains(name(job)) && !suspended.contains(name(job)))
              .toList();
      if (running.isEmpty()) {
        continue;
      }
      Job job = running.get(random.nextInt(running.size()));
      boolean delete =
          deleted.size() < DELETED && (suspended.size() == SUSPENDED || random.nextBoolean());
      if (delete) {
        deleted.add(name(job));
        resource(plane.admin(), job)
            .withPropagationPolicy(
                random.nextBoolean()
                    ? DeletionPropagation.BACKGROUND
                    : DeletionPropagation.FOREGROUND)
            .delete();
      } else {
        suspended.add(name(job));
        insist(() -> suspend(plane.admin(), job, true));
        insist(() -> suspend(plane.admin(), job, false));
      }
    }
    return new Disturbed(deleted, suspended);
  }

  private static void suspend(KubernetesClient client, Job job, boolean suspend) {
    resource(client, job)
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":{\"suspend\":" + suspend + "}}");
  }

  private static ScalableResource<Job> resource(KubernetesClient client, Job job) {
    return client
        .batch()
        .v1()
        .jobs()
        .inNamespace(job.getMetadata().getNamespace())
        .withName(name(job));
  }

  private static boolean allHaveEnded(ControlPlane plane, Disturbed disturbed) {
    List<Job> jobs =
        plane.admin().batch().v1().jobs().inNamespace(plane.namespace()).list().getItems();
    Set<String> names = new HashSet<>(disturbed.deleted());
    jobs.forEach(job -> names.add(name(job)));
    return names.size() == CLIENTS * JOBS_OF_A_CLIENT + SCHEDULES * TARGETS
        && jobs.stream().allMatch(PoolCapIT::hasEnded);
  }

  // ---- what must hold

  private static void check(EventLog<Job> jobs, EventLog<Pod> pods, Disturbed disturbed) {
    assertThat(jobs.mostAtOnce(PoolCapIT::isRunning)).as("Jobs at once").isEqualTo(CAP);
    assertThat(pods.mostAtOnce(PoolCapIT::hasNotEnded)).as("Pods at once").isBetween(2, CAP);
    assertThat(now(jobs)).allMatch(PoolCapIT::hasEnded);
    inOrder(jobs, disturbed);
  }

  /** Of two seconds the older comes first; what is started at a time may change places. */
  private static void inOrder(EventLog<Job> log, Disturbed disturbed) {
    Map<String, Integer> starts = new HashMap<>();
    Map<String, Instant> created = new HashMap<>();
    for (EventLog.Entry<Job> entry : log.entries()) {
      Job job = entry.object();
      if (job.getMetadata().getOwnerReferences().isEmpty()
          && !disturbed.suspended().contains(name(job))) {
        created.put(name(job), Instant.parse(job.getMetadata().getCreationTimestamp()));
        if (isRunning(job)) {
          starts.putIfAbsent(name(job), starts.size());
        }
      }
    }
    List<String> order =
        starts.keySet().stream().sorted(Comparator.comparing(starts::get)).toList();
    assertThat(order).hasSizeGreaterThan(CLIENTS * JOBS_OF_A_CLIENT / 2);
    for (int i = 0; i < order.size(); i++) {
      Instant mine = requireNonNull(created.get(order.get(i)));
      List<String> overtaken =
          order.subList(i + 1, order.size()).stream()
              .filter(later -> requireNonNull(created.get(later)).isBefore(mine))
              .toList();
      assertThat(overtaken).as("overtaken by %s", order.get(i)).hasSizeLessThan(CAP);
    }
  }

  private static List<Job> now(EventLog<Job> log) {
    Map<String, Job> now = new HashMap<>();
    for (EventLog.Entry<Job> entry : log.entries()) {
      if (entry.action() == Action.DELETED) {
        now.remove(name(entry.object()));
      } else {
        now.put(name(entry.object()), entry.object());
      }
    }
    List<Job> sorted = new ArrayList<>(now.values());
    sorted.sort(Comparator.comparing(PoolCapIT::name));
    return Collections.unmodifiableList(sorted);
  }

  private static String name(Job job) {
    return job.getMetadata().getName();
  }

  static boolean isRunning(Job job) {
    return !Boolean.TRUE.equals(job.getSpec().getSuspend()) && !hasEnded(job);
  }

  static boolean hasEnded(Job job) {
    return job.getStatus() != null
        && job.getStatus().getConditions().stream()
            .filter(condition -> "True".equals(condition.getStatus()))
            .anyMatch(condition -> Set.of("Complete", "Failed").contains(condition.getType()));
  }

  private static boolean hasNotEnded(Pod pod) {
    return !Set.of("Succeeded", "Failed").contains(pod.getStatus().getPhase());
  }
}
