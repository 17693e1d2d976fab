package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.scanwarden.operator.cluster.ControlPlane;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * In which order Jobs came and Pods went, as the API server itself numbers its writes: by
 * resourceVersion, not by anybody's clock.
 */
final class Order implements AutoCloseable {
  private final Map<String, Long> jobsAdded = new ConcurrentHashMap<>();
  private final Map<String, Long> podsDeleted = new ConcurrentHashMap<>();
  private final Watch jobs;
  private final Watch pods;

  Order(ControlPlane plane) {
    jobs =
        plane
            .admin()
            .batch()
            .v1()
            .jobs()
            .inNamespace(plane.namespace())
            .watch(recorder(Watcher.Action.ADDED, jobsAdded));
    pods =
        plane
            .admin()
            .pods()
            .inNamespace(plane.namespace())
            .watch(recorder(Watcher.Action.DELETED, podsDeleted));
  }

  /** Fails unless the Job was created after that Pod was gone. */
  void assertJobAfterPod(String job, String pod) {
    await()
        .atMost(Schedules.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(jobsAdded).containsKey(job);
              assertThat(podsDeleted).containsKey(pod);
            });
    assertThat(jobsAdded.get(job))
        .as("%s was created before %s was gone", job, pod)
        .isGreaterThan(podsDeleted.get(pod));
  }

  private static <T extends HasMetadata> Watcher<T> recorder(
      Watcher.Action wanted, Map<String, Long> versions) {
    return new Watcher<>() {
      @Override
      public void eventReceived(Action action, T object) {
        if (action == wanted) {
          versions.put(
              object.getMetadata().getName(),
              Long.parseLong(object.getMetadata().getResourceVersion()));
        }
      }

      @Override
      public void onClose(@Nullable WatcherException cause) {}
    };
  }

  @Override
  public void close() {
    jobs.close();
    pods.close();
  }
}
