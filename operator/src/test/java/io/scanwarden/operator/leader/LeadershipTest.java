package io.scanwarden.operator.leader;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class LeadershipTest {
  private static final String PATH = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/scanwarden";
  private static final Duration RENEW_DEADLINE = ofMillis(1200);

  KubernetesMockServer server;
  KubernetesClient client;

  private final List<Long> terms = new CopyOnWriteArrayList<>();
  private final List<String> halts = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> started = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : started) {
      each.close();
    }
  }

  @Test
  void oneOfTwoLeads() {
    Leadership a = start("a");
    await().until(() -> !terms.isEmpty());
    Leadership b = start("b");

    await()
        .during(ofSeconds(3))
        .atMost(ofSeconds(4))
        .until(() -> a.fence().isOpen() && !b.fence().isOpen());

    assertThat(terms).containsExactly(0L);
    assertThat(b.alive()).isTrue();
    assertThat(halts).isEmpty();
  }

  @Test
  void aReleasedLeaseIsTakenAtOnceAndTheTermGrows() {
    Leadership a = start("a");
    await().until(() -> !terms.isEmpty());
    Leadership b = start("b");

    a.close();

    assertThat(a.fence().isOpen()).isFalse();
    assertThat(lease().getSpec().getHolderIdentity()).isNotEqualTo("a");
    await().atMost(ofMillis(1500)).until(() -> terms.equals(List.of(0L, 1L)));
    assertThat(b.fence().term()).hasValue(1);
    assertThat(halts).isEmpty();
  }

  @Test
  void anAbandonedLeaseIsNotGivenBack() {
    Leadership a = start("a");
    await().until(() -> !terms.isEmpty());

    a.abandon();

    assertThat(a.fence().isOpen()).isFalse();
    assertThat(lease().getSpec().getHolderIdentity()).isEqualTo("a");
    assertThat(halts).isEmpty();
  }

  @Test
  void haltsWithinTheRenewDeadlineWhenTheServerFails() {
    Leadership a = start("a");
    await().until(() -> !terms.isEmpty());

    server.expect().get().withPath(PATH).andReturn(503, "down").always();

    await().atMost(RENEW_DEADLINE.plusMillis(400)).until(() -> !halts.isEmpty());
    assertThat(a.fence().isOpen()).isFalse();
  }

  @Test
  void haltsWithinTheRenewDeadlineWhenTheServerHangs() {
    Leadership a = start("a");
    await().until(() -> !terms.isEmpty());

    server.expect().get().delay(30, TimeUnit.SECONDS).withPath(PATH).andReturn(200, "{}").always();

    await().atMost(RENEW_DEADLINE.plusMillis(400)).until(() -> !halts.isEmpty());
    assertThat(a.fence().isOpen()).isFalse();
  }

  @Test
  void haltsWhenAnotherHoldsTheLease() {
    Leadership a = start("a");
    await().until(() -> !terms.isEmpty());

    await()
        .ignoreExceptions()
        .until(
            () -> {
              client
                  .leases()
                  .inNamespace("ns")
                  .withName("scanwarden")
                  .edit(
                      l -> {
                        l.getSpec().setHolderIdentity("thief");
                        return l;
                      });
              return true;
            });

    await().atMost(ofSeconds(2)).until(() -> !halts.isEmpty());
    assertThat(a.fence().isOpen()).isFalse();
  }

  @Test
  void haltsWhenTheListenerFails() {
    start(
        "a",
        term -> {
          throw new IllegalStateException("no room");
        });

    await().until(() -> !halts.isEmpty());
    assertThat(halts.getFirst()).contains("no room");
  }

  @Test
  void standsByAsLongAsTheServerFails() {
    server.expect().get().withPath(PATH).andReturn(503, "down").times(3);

    Leadership a = start("a");

    await().until(() -> !terms.isEmpty());
    assertThat(a.fence().isOpen()).isTrue();
    assertThat(halts).isEmpty();
  }

  private Leadership start(String identity) {
    return start(identity, terms::add);
  }

  private Leadership start(String identity, LeadershipListener listener) {
    Leadership.Options options =
        new Leadership.Options(
            "ns", "scanwarden", identity, ofSeconds(2), RENEW_DEADLINE, ofMillis(200));
    KubernetesClient election =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder(client.getConfiguration())
                    .withRequestTimeout(Math.toIntExact(options.requestTimeout().toMillis()))
                    .withRequestRetryBackoffLimit(0)
                    .build())
            .build();
    Leadership leadership =
        new Leadership(
            election,
            options,
            listener,
            new LeaseFence(RENEW_DEADLINE, LeaseFence.Moment::now),
            halts::add);
    started.add(leadership);
    started.add(election);
    leadership.start();
    return leadership;
  }

  private Lease lease() {
    return client.leases().inNamespace("ns").withName("scanwarden").get();
  }
}
