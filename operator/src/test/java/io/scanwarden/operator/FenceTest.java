package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.leader.FencedException;
import io.scanwarden.operator.leader.PausedLeader;
import io.scanwarden.operator.observe.ApiMetrics;
import io.scanwarden.operator.observe.Metrics;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The fence alone: nobody halts a leader that was paused, or cut off, for as long as its Lease
 * lasts, and yet nothing that it still sends arrives.
 */
@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class FenceTest {
  private static final String STATUS =
      "/apis/scanwarden.io/v1alpha1/namespaces/ns/scanschedules/nightly/status";

  KubernetesMockServer server;
  KubernetesClient client;

  private PausedLeader leader;
  private KubernetesClients guarded;

  @BeforeEach
  void lead() {
    leader = new PausedLeader(client);
    guarded =
        KubernetesClients.create(
            client.getConfiguration(),
            new RequestGuard(
                leader.fence(),
                KubernetesClients.EXEMPT,
                Duration.ofSeconds(3),
                null,
                new ApiMetrics(new Metrics(new SimpleMeterRegistry()))));
  }

  @AfterEach
  void disconnect() {
    guarded.close();
  }

  @Test
  void aLeaderThatWasPausedForTooLongWritesNothing() {
    leader.pauseAlmostTooLong();
    guarded.fire().resource(job("before")).create();
    leader.pauseAMomentLonger();
    assertThat(leader.holder()).as("the Lease, which nobody took").isEqualTo("paused");
    int sent = server.getRequestCount();

    for (KubernetesClient each : List.of(guarded.fire(), guarded.general())) {
      refused(() -> each.resource(job("after")).create());
      refused(() -> each.batch().v1().jobs().inNamespace("ns").withName("before").delete());
      refused(() -> each.raw(STATUS, "PATCH", "{}"));
    }

    assertThat(server.getRequestCount()).as("requests that arrived").isEqualTo(sent);
    assertThat(client.batch().v1().jobs().inNamespace("ns").list().getItems())
        .extracting(job -> job.getMetadata().getName())
        .containsExactly("before");
  }

  private static Job job(String name) {
    return new JobBuilder()
        .withNewMetadata()
        .withNamespace("ns")
        .withName(name)
        .endMetadata()
        .build();
  }

  private static void refused(ThrowingCallable write) {
    assertThatThrownBy(write).satisfies(e -> assertThat(FencedException.isCauseOf(e)).isTrue());
  }
}
