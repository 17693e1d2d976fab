package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.scanwarden.operator.leader.FencedException;
import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.ApiMetrics;
import io.scanwarden.operator.observe.Metrics;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient
@NullUnmarked
class GuardedHttpClientTest {
  private static final String MAPS = "/api/v1/namespaces/ns/configmaps";
  private static final ConfigMap MAP =
      new ConfigMapBuilder()
          .withNewMetadata()
          .withNamespace("ns")
          .withName("a")
          .endMetadata()
          .build();

  KubernetesMockServer server;
  KubernetesClient client;

  private final Gate fence = new Gate();
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private KubernetesClients guarded;

  @BeforeEach
  void connect() {
    guarded =
        KubernetesClients.create(
            new ConfigBuilder(client.getConfiguration())
                .withRequestRetryBackoffInterval(10)
                .build(),
            new RequestGuard(
                fence,
                KubernetesClients.EXEMPT,
                Duration.ofSeconds(1),
                null,
                new ApiMetrics(new Metrics(registry))));
  }

  @AfterEach
  void disconnect() {
    guarded.close();
  }

  @Test
  void writesPassWhileTheFenceIsOpen() {
    server.expect().post().withPath(MAPS).andReturn(201, MAP).once();

    guarded.general().resource(MAP).create();

    assertThat(registry.scrape())
        .contains(
            "scanwarden_api_writes_total{code=\"2xx\",resource=\"configmaps\",verb=\"create\"} 1.0");
  }

  @Test
  void noWriteIsSentOnceTheFenceIsClosed() {
    fence.open = false;
    refused(c -> c.resource(MAP).create());
    refused(
        c ->
            c.resource(
                    new ConfigMapBuilder(MAP)
                        .editMetadata()
                        .withResourceVersion("1")
                        .endMetadata()
                        .build())
                .update());
    refused(c -> c.configMaps().inNamespace("ns").withName("a").delete());
    refused(c -> c.resource(MAP).patch(PatchContext.of(PatchType.JSON_MERGE)));
    refused(c -> c.raw(MAPS, "POST", "{}"));

    assertThat(server.getRequestCount()).isZero();
  }

  @Test
  void aReadPasses() {
    fence.open = false;
    server.expect().get().withPath(MAPS + "/a").andReturn(200, MAP).once();

    assertThat(guarded.general().configMaps().inNamespace("ns").withName("a").get()).isNotNull();
  }

  @Test
  void aReviewPasses() {
    fence.open = false;
    server
        .expect()
        .post()
        .withPath("/apis/authentication.k8s.io/v1/tokenreviews")
        .andReturn(201, new TokenReviewBuilder().build())
        .once();

    assertThat(guarded.general().resource(new TokenReviewBuilder().build()).create()).isNotNull();
  }

  @Test
  void anAttemptThatIsRepeatedIsCheckedAgain() {
    server
        .expect()
        .post()
        .withPath(MAPS)
        .andReply(
            503,
            request -> {
              fence.open = false;
              return "down";
            })
        .always();

    assertThatThrownBy(
            () ->
                CompletableFuture.runAsync(() -> guarded.general().resource(MAP).create())
                    .get(5, TimeUnit.SECONDS))
        .satisfies(e -> assertThat(FencedException.isCauseOf(e)).isTrue());
    assertThat(server.getRequestCount()).isEqualTo(1);
  }

  @Test
  void aWriteEndsWithinItsTimeout() {
    server.expect().post().delay(20, TimeUnit.SECONDS).withPath(MAPS).andReturn(201, MAP).always();

    long begun = System.nanoTime();
    assertThatThrownBy(() -> guarded.fire().resource(MAP).create())
        .isInstanceOf(KubernetesClientException.class);

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
    assertThat(registry.scrape())
        .contains(
            "scanwarden_api_writes_total{code=\"none\",resource=\"configmaps\",verb=\"create\"} 1.0");
  }

  @Test
  void theFireClientRepeatsNothing() {
    server.expect().post().withPath(MAPS).andReturn(503, "down").always();

    assertThatThrownBy(() -> guarded.fire().resource(MAP).create())
        .isInstanceOf(KubernetesClientException.class);

    assertThat(server.getRequestCount()).isEqualTo(1);
  }

  private void refused(Consumer<KubernetesClient> write) {
    assertThatThrownBy(() -> write.accept(guarded.general()))
        .satisfies(e -> assertThat(FencedException.isCauseOf(e)).isTrue());
    assertThatThrownBy(() -> write.accept(guarded.fire()))
        .satisfies(e -> assertThat(FencedException.isCauseOf(e)).isTrue());
  }

  private static final class Gate implements WriteFence {
    private volatile boolean open = true;

    @Override
    public OptionalLong term() {
      return open ? OptionalLong.of(1) : OptionalLong.empty();
    }

    @Override
    public boolean isOpen() {
      return open;
    }

    @Override
    public void check() {
      if (!open) {
        throw new FencedException("closed");
      }
    }
  }
}
