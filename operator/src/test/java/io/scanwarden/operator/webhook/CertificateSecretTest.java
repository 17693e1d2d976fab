package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class CertificateSecretTest {
  private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");
  private static final WebhookOptions OPTIONS =
      new WebhookOptions("127.0.0.1", 0, Optional.empty(), "ns", "certificate", "scanwarden");

  KubernetesClient client;

  private final ServedCertificate served = new ServedCertificate();
  private final ServedCertificate elsewhere = new ServedCertificate();
  private CertificateSecret leader;
  private CertificateSecret standby;

  @BeforeEach
  void replicas() {
    leader = secret(served);
    standby = secret(elsewhere);
  }

  private CertificateSecret secret(ServedCertificate by) {
    return new CertificateSecret(
        client, OPTIONS, new Renewal(new Issuer(), OPTIONS.serverName()), by);
  }

  private Resource<Secret> resource() {
    return client.secrets().inNamespace("ns").withName("certificate");
  }

  private void create(Map<String, String> data) {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withName("certificate")
                .withNamespace("ns")
                .addToLabels("app", "x")
                .endMetadata()
                .withData(data)
                .build())
        .create();
  }

  @Test
  void withoutASecretNothingIsMade() {
    assertThat(leader.keep(NOW)).isEmpty();
    assertThat(served.current()).isEmpty();
    assertThat(resource().get()).isNull();
  }

  @Test
  void anEmptyOneIsFilledAndServedByAll() {
    create(Map.of());
    AtomicInteger changes = new AtomicInteger();
    standby.follow(changes::incrementAndGet);
    assertThat(elsewhere.current()).isEmpty();

    Credentials made = leader.keep(NOW).orElseThrow();

    assertThat(made.end()).isEqualTo(NOW.plus(Renewal.SERVER_LIFE));
    assertThat(served.current()).contains(made);
    await().untilAsserted(() -> assertThat(elsewhere.current()).contains(made));
    await().untilAsserted(() -> assertThat(changes).hasValueGreaterThan(1));
    assertThat(resource().get().getMetadata().getLabels()).containsEntry("app", "x");
    standby.close();
  }

  @Test
  void whatIsGoodIsNotWrittenAgainUntilItIsDue() {
    create(Map.of());
    Credentials made = leader.keep(NOW).orElseThrow();
    String version = resource().get().getMetadata().getResourceVersion();

    assertThat(standby.keep(NOW)).contains(made);
    assertThat(resource().get().getMetadata().getResourceVersion()).isEqualTo(version);

    Instant due = made.end().minus(Renewal.SERVER_LEFT);
    Credentials renewed = leader.keep(due).orElseThrow();
    assertThat(renewed.certificate()).isNotEqualTo(made.certificate());
    assertThat(served.current()).contains(renewed);
    assertThat(leader.keep(due)).contains(renewed);
  }

  @Test
  void whatIsCorruptIsMadeAnewWhileTheLastGoodOneIsServed() {
    create(Map.of());
    Credentials made = leader.keep(NOW).orElseThrow();
    standby.follow(() -> {});
    await().untilAsserted(() -> assertThat(elsewhere.current()).contains(made));

    AtomicInteger changes = new AtomicInteger();
    CertificateSecret third = secret(new ServedCertificate());
    third.follow(changes::incrementAndGet);
    resource().edit(s -> new SecretBuilder(s).addToData("ca.key", "AAAA").build());
    await().untilAsserted(() -> assertThat(changes).hasValueGreaterThan(1));
    assertThat(elsewhere.current()).contains(made);

    Credentials anew = leader.keep(NOW).orElseThrow();
    assertThat(anew.authorities()).doesNotContainAnyElementsOf(made.authorities());
    await().untilAsserted(() -> assertThat(elsewhere.current()).contains(anew));
    standby.close();
    third.close();
  }

  @Test
  void whatElseIsInTheSecretStays() {
    create(Map.of("note", "AAAA"));
    Credentials made = leader.keep(NOW).orElseThrow();
    assertThat(leader.keep(made.end())).isPresent();

    assertThat(resource().get().getData()).containsEntry("note", "AAAA");
  }
}
