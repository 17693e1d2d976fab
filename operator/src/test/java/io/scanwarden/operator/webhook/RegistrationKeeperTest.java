package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Registered through a Service; by URL is for WebhookIT. */
@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class RegistrationKeeperTest {
  private static final WebhookOptions OPTIONS =
      new WebhookOptions("0.0.0.0", 8443, Optional.empty(), "ns", "certificate", "scanwarden");

  KubernetesClient client;

  private final Credentials credentials =
      new Renewal(new Issuer(), OPTIONS.serverName())
          .anew("", Instant.parse("2026-11-01T00:00:00Z"))
          .credentials();
  private RegistrationKeeper keeper;

  @BeforeEach
  void keeper() {
    keeper = new RegistrationKeeper(client, OPTIONS, Set.of(), () -> 8443);
  }

  private Resource<MutatingWebhookConfiguration> resource() {
    return client
        .admissionRegistration()
        .v1()
        .mutatingWebhookConfigurations()
        .withName("scanwarden");
  }

  private List<ValidatingWebhook> validating() {
    return client
        .admissionRegistration()
        .v1()
        .validatingWebhookConfigurations()
        .withName("scanwarden")
        .get()
        .getWebhooks();
  }

  private MutatingWebhookConfiguration create() throws IOException {
    try (InputStream yaml =
        Files.newInputStream(Path.of("manifests", "in-cluster", "webhook.yaml"))) {
      List<HasMetadata> objects = new KubernetesSerialization().unmarshal(yaml);
      objects.forEach(object -> client.resource(object).create());
      return resource().get();
    }
  }

  @Test
  void whatDoesNotExistIsNotMade() {
    keeper.keep(credentials);

    assertThat(resource().get()).isNull();
  }

  @Test
  void theBundleIsKeptAndNothingElse() throws IOException {
    MutatingWebhookConfiguration applied = create();

    keeper.keep(credentials);

    MutatingWebhookConfiguration registered = resource().get();
    MutatingWebhook webhook = registered.getWebhooks().getFirst();
    assertThat(
            new String(
                Base64.getDecoder().decode(webhook.getClientConfig().getCaBundle()),
                StandardCharsets.UTF_8))
        .isEqualTo(CredentialsPem.authorities(credentials));
    webhook.getClientConfig().setCaBundle(null);
    assertThat(registered.getWebhooks()).isEqualTo(applied.getWebhooks());
  }

  @Test
  void theBundleOfEachValidatingWebhookIsKept() throws IOException {
    var _ = create();
    List<ValidatingWebhook> applied = validating();

    keeper.keep(credentials);

    List<ValidatingWebhook> registered = validating();
    assertThat(registered)
        .hasSize(3)
        .allSatisfy(w -> assertThat(w.getClientConfig().getCaBundle()).isNotEmpty());
    registered.forEach(webhook -> webhook.getClientConfig().setCaBundle(null));
    assertThat(registered).isEqualTo(applied);
  }

  /** As after an update of the operator alone. */
  @Test
  void oneIsKeptWithoutTheOther() throws IOException {
    var _ = create();
    var _ = resource().delete();

    keeper.keep(credentials);

    assertThat(validating().getFirst().getClientConfig().getCaBundle()).isNotEmpty();
  }

  @Test
  void whatIsRightIsNotWrittenAgain() throws IOException {
    var _ = create();
    keeper.keep(credentials);
    String version = resource().get().getMetadata().getResourceVersion();

    keeper.keep(credentials);

    assertThat(resource().get().getMetadata().getResourceVersion()).isEqualTo(version);
  }

  @Test
  void aBundleThatIsTakenAwayIsPutBack() throws IOException {
    var _ = create();
    keeper.keep(credentials);
    resource()
        .edit(
            c -> {
              c.getWebhooks().getFirst().getClientConfig().setCaBundle(null);
              return c;
            });

    keeper.keep(credentials);

    assertThat(resource().get().getWebhooks().getFirst().getClientConfig().getCaBundle())
        .isNotEmpty();
  }
}
