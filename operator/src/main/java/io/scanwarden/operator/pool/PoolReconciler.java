package io.scanwarden.operator.pool;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.WorkerPoolStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.ReportSource;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.RawApi;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the statuses of pools: on change only, the whole of it in one request. */
final class PoolReconciler implements Reconciler<PoolResource> {
  /** What a pool's status is to say; empty if there is nothing to write, or no such pool. */
  @FunctionalInterface
  interface Reporter {
    Optional<WorkerPoolStatus> report(PoolResource pool);
  }

  /** Is told what was written. */
  @FunctionalInterface
  interface Listener {
    void reported(PoolKey pool, WorkerPoolStatus status);
  }

  private final RawApi api;
  private final ObjectMapper json = ApiJson.newMapper();
  private final ReportSource<PoolResource> source;
  private final Reporter reporter;
  private final Listener listener;
  private final Metrics metrics;

  PoolReconciler(
      KubernetesClient client,
      ReportSource<PoolResource> source,
      Reporter reporter,
      Listener listener,
      Metrics metrics) {
    this.api = new RawApi(client);
    this.source = source;
    this.reporter = reporter;
    this.listener = listener;
    this.metrics = metrics;
  }

  @Override
  public List<EventSource<?, PoolResource>> prepareEventSources(
      EventSourceContext<PoolResource> context) {
    return List.of(source);
  }

  @Override
  public UpdateControl<PoolResource> reconcile(PoolResource pool, Context<PoolResource> context)
      throws IOException {
    long begin = System.nanoTime();
    Optional<WorkerPoolStatus> status = reporter.report(pool);
    if (status.isPresent()) {
      write(pool.key(), status.get());
    }
    metrics.reconciled("WorkerPool", Duration.ofNanos(System.nanoTime() - begin));
    return UpdateControl.noUpdate();
  }

  private void write(PoolKey pool, WorkerPoolStatus status) throws IOException {
    String patch =
        json.writeValueAsString(List.of(Map.of("op", "add", "path", "/status", "value", status)));
    HttpResponse<byte[]> response =
        api.send(
            api.request(
                    "/apis/scanwarden.io/v1alpha1/namespaces/%s/workerpools/%s/status"
                        .formatted(pool.namespace(), pool.name()))
                .header("Accept", RawApi.METADATA)
                .patch("application/json-patch+json", patch));
    if (response.isSuccessful()) {
      listener.reported(pool, status);
    } else if (response.code() != 404) {
      throw new IOException(api.message(response));
    }
  }
}
