package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two tenants in one pool, one of whom has queued a hundred times as much as the other. */
@ControlPlaneTest
class FairShareIT {
  private static final int MANY = 1000;
  private static final int FEW = 10;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  @Test
  void whoQueuesLittleDoesNotWaitForWhoQueuesMuch(ControlPlane plane) throws Exception {
    RunningOperator.install(plane);
    KubernetesClient client = plane.admin();
    String many = plane.namespace();
    String few = many + "-few";
    client
        .resource(new NamespaceBuilder().withNewMetadata().withName(few).endMetadata().build())
        .create();
    plane
        .apply(
            """
            apiVersion: scanwarden.io/v1alpha1
            kind: WorkerPool
            metadata: {name: shared}
            spec: {maxConcurrent: 2, queueingStrategy: FairShare, allowedNamespaces: {from: All}}
            """)
        .orThrow();
    queue(client, many, many, MANY);
    queue(client, few, many, FEW);
    try (RunningOperator _ = RunningOperator.of(plane).withNamespace(few).start().awaitLeading()) {
      await()
          .atMost(PATIENCE)
          .until(() -> jobs(client, few).stream().allMatch(Schedules::isFinished));
      long startedOfMany = jobs(client, many).stream().filter(FairShareIT::isStarted).count();

      // One of the two slots each; what had started when the last of the few ended is among them.
      assertThat(startedOfMany).isLessThanOrEqualTo(2L * FEW).isGreaterThan(0);
    } finally {
      client.namespaces().withName(few).delete();
    }
  }

  private static void queue(KubernetesClient client, String namespace, String poolNamespace, int n)
      throws Exception {
    try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
      List<Future<Job>> made = new ArrayList<>();
      IntStream.range(0, n)
          .forEach(
              i ->
                  made.add(
                      clients.submit(
                          () -> client.resource(job(namespace, poolNamespace, i)).create())));
      for (Future<Job> each : made) {
        each.get();
      }
    }
  }

  private static Job job(String namespace, String poolNamespace, int i) {
    return new JobBuilder()
        .withNewMetadata()
        .withNamespace(namespace)
        .withName("scan-%04d".formatted(i))
        .addToLabels("scanwarden.io/pool", "shared")
        .addToLabels("scanwarden.io/pool-namespace", poolNamespace)
        .addToLabels("scanwarden.io/queued", "true")
        .endMetadata()
        .withNewSpec()
        .withSuspend(true)
        .withNewTemplate()
        .withNewMetadata()
        .addToLabels("scanwarden.io/pool", "shared")
        .addToLabels("scanwarden.io/pool-namespace", poolNamespace)
        .addToAnnotations(ControlPlane.RUN_FOR, "1s")
        .endMetadata()
        .withNewSpec()
        .withRestartPolicy("Never")
        .addNewContainer()
        .withName("scan")
        .withImage("scanner:1")
        .endContainer()
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  private static List<Job> jobs(KubernetesClient client, String namespace) {
    return client.batch().v1().jobs().inNamespace(namespace).list().getItems();
  }

  private static boolean isStarted(Job job) {
    return !Boolean.TRUE.equals(job.getSpec().getSuspend());
  }
}
