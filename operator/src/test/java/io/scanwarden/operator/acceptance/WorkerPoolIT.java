package io.scanwarden.operator.acceptance;

import static io.scanwarden.operator.acceptance.Schedules.condition;
import static io.scanwarden.operator.acceptance.Schedules.manifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Runs of schedules in pools: caps, order, reasons, whatever becomes of the operator. */
@ControlPlaneTest
@NullUnmarked
class WorkerPoolIT {

  /** Jobs that have started and not ended, as a watch tells of them one after the other. */
  private static final class Unfinished implements Watcher<Job> {
    private final Set<String> now = new HashSet<>();
    private final List<String> begun = Collections.synchronizedList(new ArrayList<>());
    private volatile int most;

    @Override
    public synchronized void eventReceived(Action action, Job job) {
      String name = job.getMetadata().getName();
      if (action == Action.DELETED || Schedules.isFinished(job)) {
        now.remove(name);
      } else if (action == Action.ADDED) {
        now.add(name);
        begun.add(job.getMetadata().getLabels().get(Schedules.SCHEDULE));
      }
      most = Math.max(most, now.size());
    }

    @Override
    public void onClose(WatcherException cause) {
      // The test ends.
    }
  }

  private static Watch watch(ControlPlane plane, Unfinished unfinished) {
    return plane.admin().batch().v1().jobs().inNamespace(plane.namespace()).watch(unfinished);
  }

  private static void pool(ControlPlane plane, String name, String spec) {
    plane
        .admin()
        .resource(
            """
            apiVersion: scanwarden.io/v1alpha1
            kind: WorkerPool
            metadata: {name: %s}
            spec: {%s}
            """
                .formatted(name, spec))
        .inNamespace(plane.namespace())
        .create();
  }

  private static JsonNode awaitPool(
      ControlPlane plane, String name, Consumer<JsonNode> assertions) {
    JsonNode[] last = new JsonNode[1];
    await()
        .atMost(Schedules.PATIENCE)
        .untilAsserted(
            () -> {
              last[0] =
                  Schedules.json(
                          plane
                              .admin()
                              .raw(
                                  "/apis/scanwarden.io/v1alpha1/namespaces/%s/workerpools/%s"
                                      .formatted(plane.namespace(), name)))
                      .path("status");
              assertions.accept(last[0]);
            });
    return last[0];
  }

  private static String member(String pool, String more) {
    return "poolRef: {name: %s}\n%s\n%s".formatted(pool, more, Schedules.NEVER);
  }

  @Test
  void theCapHoldsOverAKill(ControlPlane plane) throws Exception {
    Schedules schedules = new Schedules(plane);
    Unfinished unfinished = new Unfinished();
    List<String> names = IntStream.range(0, 6).mapToObj(i -> "scan-" + i).toList();
    try (Watch _ = watch(plane, unfinished)) {
      try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
        pool(plane, "small", "maxConcurrent: 0");
        for (String name : names) {
          schedules.createReady(name, manifest(name, member("small", ""), "5s"));
        }
        Instant first = schedules.request(names.getFirst());
        names.stream().skip(1).forEach(schedules::request);
        awaitPool(
            plane,
            "small",
            status -> {
              assertThat(status.path("queued").asInt()).isEqualTo(6);
              assertThat(status.path("oldestQueuedTime").asText()).isEqualTo(first.toString());
            });
        plane.kubectl("scale", "wp", "small", "--replicas=2").orThrow();
        awaitPool(
            plane,
            "small",
            status -> {
              assertThat(status.path("running").asInt()).isEqualTo(2);
              assertThat(status.path("queued").asInt()).isEqualTo(4);
              assertThat(condition(status, "Ready").path("status").asText()).isEqualTo("True");
            });
        assertThat(plane.kubectl("get", "wp", "small").orThrow().stdout()).contains("2", "4");
        operator.kill();
      }
      try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
        for (String name : names) {
          schedules.awaitStatus(
              name, s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
        }
        JsonNode idle =
            awaitPool(plane, "small", s -> assertThat(s.path("running").asInt()).isZero());
        assertThat(idle.path("queued").asInt()).isZero();
        assertThat(idle.has("oldestQueuedTime")).isFalse();
      }
    }
    assertThat(unfinished.most).isEqualTo(2);
    assertThat(names).allSatisfy(name -> assertThat(schedules.jobs(name)).hasSize(1));
    assertThat(schedules.jobs("scan-0").getFirst().getMetadata().getLabels())
        .containsEntry("scanwarden.io/pool", "small");
    assertThat(names)
        .anySatisfy(
            name ->
                assertThat(schedules.events(name))
                    .anyMatch(event -> event.startsWith("PoolAtCapacity: ")));
  }

  @Test
  void aPoolThatComesLaterAndIsScaled(ControlPlane plane) throws Exception {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      schedules.create(manifest("early", member("later", ""), "1s"));
      schedules.request("early");
      JsonNode early =
          schedules.awaitStatus(
              "early",
              s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("PoolNotFound"));
      assertThat(condition(early, "Ready").path("reason").asText()).isEqualTo("PoolNotFound");
      assertThat(condition(early, "Reconciling").path("status").asText()).isEqualTo("True");
      assertThat(schedules.jobs("early")).isEmpty();

      pool(plane, "later", "maxConcurrent: 0");
      schedules.awaitReady("early");
      schedules.awaitStatus(
          "early", s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("PoolAtCapacity"));
      schedules.awaitEvent("early", "PoolNotFound");
      assertThat(schedules.jobs("early")).isEmpty();

      plane.kubectl("scale", "wp", "later", "--replicas=1").orThrow();
      schedules.awaitStatus(
          "early", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
      awaitPool(plane, "later", s -> assertThat(s.path("startedTotal").asInt()).isEqualTo(1));
    }
  }

  @Test
  void priorityThenTimeAndReasons(ControlPlane plane) throws Exception {
    Schedules schedules = new Schedules(plane);
    Unfinished unfinished = new Unfinished();
    try (Watch _ = watch(plane, unfinished);
        RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      pool(plane, "one", "maxConcurrent: 1, suspend: true");
      schedules.createReady("second", manifest("second", member("one", ""), "1s"));
      schedules.createReady("third", manifest("third", member("one", ""), "1s"));
      schedules.createReady("first", manifest("first", member("one", "priority: 5"), "1s"));
      String wide = manifest("wide", member("one", ""), "1s");
      schedules.createReady(
          "wide",
          wide.replace("      backoffLimit: 0", "      backoffLimit: 0\n      parallelism: 3"));
      // Of two with the same priority the one that was asked for first.
      List.of("second", "third", "first", "wide").forEach(schedules::request);
      for (String name : List.of("first", "second", "third")) {
        schedules.awaitStatus(
            name, s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("PoolSuspended"));
      }
      plane
          .kubectl("patch", "wp", "one", "--type=merge", "-p", "{\"spec\":{\"suspend\":false}}")
          .orThrow();
      for (String name : List.of("first", "second", "third")) {
        schedules.awaitStatus(
            name, s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
      }
      schedules.awaitStatus(
          "wide", s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("JobTooLarge"));
    }
    assertThat(unfinished.begun).containsExactly("first", "second", "third");
    assertThat(unfinished.most).isEqualTo(1);
  }

  @Test
  void namespacesAndStartInterval(ControlPlane plane) throws Exception {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      pool(
          plane,
          "chosen",
          "startInterval: 3s, allowedNamespaces: {from: Selector, selector: {matchLabels: {scans: \"yes\"}}}");
      for (String name : List.of("a", "b")) {
        schedules.create(manifest(name, member("chosen", ""), "1s"));
        schedules.request(name);
      }
      JsonNode waiting =
          schedules.awaitStatus(
              "a", s -> assertThat(s.at("/active/0/reason").asText()).isEqualTo("PoolNotAllowed"));
      assertThat(condition(waiting, "Ready").path("reason").asText()).isEqualTo("PoolNotAllowed");
      plane.kubectl("label", "namespace", plane.namespace(), "scans=yes").orThrow();
      for (String name : List.of("a", "b")) {
        schedules.awaitStatus(
            name, s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));
      }
    }
    List<Instant> starts =
        Stream.of("a", "b")
            .map(name -> Schedules.admittedAt(schedules.jobs(name).getFirst()))
            .sorted()
            .toList();
    assertThat(starts.getLast()).isAfterOrEqualTo(starts.getFirst().plusSeconds(3));
  }
}
