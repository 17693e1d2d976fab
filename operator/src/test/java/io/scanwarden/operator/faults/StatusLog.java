package io.scanwarden.operator.faults;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Every status that the schedules of a namespace ever had. */
final class StatusLog implements AutoCloseable {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  /** One version of a schedule. */
  record Version(
      String name,
      String uid,
      Instant created,
      long generation,
      String resourceVersion,
      ScanScheduleStatus status,
      Instant received) {

    /** Whether the status is about this generation. */
    boolean isObserved() {
      return status.observedGeneration() != null && status.observedGeneration() == generation;
    }

    @Override
    public String toString() {
      return "%s at version %s, generation %d, observed %d: cursor %s, %d running, %d queued, %s, %d recorded"
          .formatted(
              name,
              resourceVersion,
              generation,
              status.observedGeneration(),
              status.cursor(),
              status.running(),
              status.queued(),
              status.counts(),
              status.recorded() == null ? 0 : status.recorded().size());
    }
  }

  private final EventLog<GenericKubernetesResource> log;

  StatusLog(KubernetesClient client, String namespace) {
    log =
        new EventLog<>(
            client
                .genericKubernetesResources("scanwarden.io/v1alpha1", "ScanSchedule")
                .inNamespace(namespace));
  }

  /** Completes when so many further statuses have been written. */
  CompletableFuture<?> written(int n) {
    return log.following(n, entry -> entry.action() == Action.MODIFIED);
  }

  /** All versions, in their order. */
  List<Version> versions() {
    return log.entries().stream()
        .filter(entry -> entry.action() != Action.DELETED)
        .map(entry -> version(entry.object(), entry.received()))
        .toList();
  }

  /** The newest version of each schedule by its name. */
  Map<String, Version> newest() {
    Map<String, Version> newest = new LinkedHashMap<>();
    versions().forEach(version -> newest.put(version.name(), version));
    return newest;
  }

  private static Version version(GenericKubernetesResource object, Instant received) {
    Object status = object.getAdditionalProperties().get("status");
    return new Version(
        object.getMetadata().getName(),
        object.getMetadata().getUid(),
        Instant.parse(object.getMetadata().getCreationTimestamp()),
        object.getMetadata().getGeneration(),
        object.getMetadata().getResourceVersion(),
        JSON.convertValue(requireNonNullElse(status, Map.of()), ScanScheduleStatus.class),
        received);
  }

  @Override
  public void close() {
    log.close();
  }
}
