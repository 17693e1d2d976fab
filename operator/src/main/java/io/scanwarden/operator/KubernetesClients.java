package io.scanwarden.operator;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.scanwarden.api.v1alpha1.ApiJson;
import java.time.Duration;
import java.util.List;

/**
 * The clients of the process, which obey the fence but for one. The election has {@linkplain
 * #forElection one of its own}, which does not.
 *
 * @param fire starts Jobs, on connections that nothing else uses; repeats nothing by itself
 * @param general reads and reports
 * @param unfenced does not obey the fence: for what a standby writes too, reservations in the
 *     statuses of TenantQuotas and Events of refusals
 */
record KubernetesClients(KubernetesClient fire, KubernetesClient general, KubernetesClient unfenced)
    implements AutoCloseable {
  /** Reviews write nothing: a standby may ask for them too. */
  static final List<String> EXEMPT =
      List.of(
          "/tokenreviews",
          "/subjectaccessreviews",
          "/localsubjectaccessreviews",
          "/selfsubjectaccessreviews");

  /** The end of every path. */
  private static final List<String> ALL = List.of("");

  static KubernetesClients create(Config config, RequestGuard guard) {
    GuardedHttpClientFactory factory = new GuardedHttpClientFactory(guard);
    GuardedHttpClientFactory unfenced = new GuardedHttpClientFactory(guard.exempting(ALL));
    Config fire =
        new ConfigBuilder(config)
            .withRequestRetryBackoffLimit(0)
            .withRequestTimeout(Math.toIntExact(guard.writeTimeout().toMillis()))
            .build();
    return new KubernetesClients(
        client(fire, factory), client(config, factory), client(config, unfenced));
  }

  /**
   * A client that can read whatever the API server stores. HTTP/1.1: it costs both sides the same
   * as HTTP/2, and a peer that has silently gone costs one request, not all of them until the
   * operating system gives the one connection up.
   */
  private static KubernetesClient client(Config config, GuardedHttpClientFactory factory) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder(config).withHttp2Disable(true).build())
        .withHttpClientFactory(factory)
        .withKubernetesSerialization(new KubernetesSerialization(ApiJson.newMapper(), true))
        .build();
  }

  /**
   * Requests end after {@code timeout} and are not repeated. HTTP/1.1, since it gives a connection
   * up after a timeout; HTTP/2 would go on waiting for a peer that has silently gone.
   */
  static KubernetesClient forElection(Config config, Duration timeout) {
    int millis = Math.toIntExact(timeout.toMillis());
    return new KubernetesClientBuilder()
        .withConfig(
            new ConfigBuilder(config)
                .withRequestTimeout(millis)
                .withConnectionTimeout(millis)
                .withRequestRetryBackoffLimit(0)
                .withHttp2Disable(true)
                .build())
        .build();
  }

  @Override
  public void close() {
    fire.close();
    general.close();
    unfenced.close();
  }
}
