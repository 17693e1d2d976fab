package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RegistrationTest {
  private static final String USER = "system:serviceaccount:scanwarden-system:scanwarden";

  private static MutatingWebhook byUrl(String host, Set<String> namespaces) {
    List<MutatingWebhook> webhooks = Registration.byUrl(host, 8443, "Y2E=", USER, namespaces);
    assertThat(webhooks).hasSize(1);
    return webhooks.getFirst();
  }

  @Test
  void theUrlIsThatOfTheProcess() {
    assertThat(byUrl("127.0.0.1", Set.of()).getClientConfig().getUrl())
        .isEqualTo("https://127.0.0.1:8443/admission/jobs");
    assertThat(byUrl("::1", Set.of()).getClientConfig().getUrl())
        .isEqualTo("https://[::1]:8443/admission/jobs");
    assertThat(byUrl("::1", Set.of()).getClientConfig().getCaBundle()).isEqualTo("Y2E=");
  }

  @Test
  void onlyTheNamespacesThatAreWatchedAreAskedFor() {
    var selector = byUrl("h", Set.of("b", "a")).getNamespaceSelector().getMatchExpressions();

    assertThat(selector).hasSize(1);
    assertThat(selector.getFirst().getKey()).isEqualTo("kubernetes.io/metadata.name");
    assertThat(selector.getFirst().getOperator()).isEqualTo("In");
    assertThat(selector.getFirst().getValues()).containsExactly("a", "b");
  }

  @Test
  void theManifestAsksForTheSame() throws IOException {
    List<HasMetadata> manifest = shipped();
    MutatingWebhookConfiguration configuration =
        (MutatingWebhookConfiguration)
            manifest.stream()
                .filter(MutatingWebhookConfiguration.class::isInstance)
                .findFirst()
                .orElseThrow();
    assertThat(configuration.getWebhooks()).hasSize(1);
    MutatingWebhook webhook = configuration.getWebhooks().getFirst();

    assertThat(new MutatingWebhookBuilder(webhook).withClientConfig(null).build())
        .isEqualTo(new MutatingWebhookBuilder(byUrl("h", Set.of())).withClientConfig(null).build());
    assertThat(webhook.getClientConfig().getService().getPath()).isEqualTo(JobReviews.PATH);
  }

  /** The certificate is for the Service that the manifest has. */
  @Test
  void theServiceHasTheNameOfTheConfiguration() throws IOException {
    WebhookOptions options =
        new WebhookOptions(
            "0.0.0.0", 8443, Optional.empty(), "scanwarden-system", "secret", "scanwarden");
    Service service =
        (Service) shipped().stream().filter(Service.class::isInstance).findFirst().orElseThrow();

    assertThat(options.serverName())
        .isEqualTo(
            service.getMetadata().getName() + "." + service.getMetadata().getNamespace() + ".svc");
    assertThat(service.getSpec().getPorts().getFirst().getTargetPort().getIntVal())
        .isEqualTo(options.port());
  }

  @Test
  void ofARegistrationThatIsNotOursOnlyTheBundleIsKept() throws IOException {
    List<MutatingWebhook> registered =
        ((MutatingWebhookConfiguration)
                shipped().stream()
                    .filter(MutatingWebhookConfiguration.class::isInstance)
                    .findFirst()
                    .orElseThrow())
            .getWebhooks();

    List<MutatingWebhook> kept = Registration.withBundle(registered, "Y2E=");

    assertThat(kept.getFirst().getClientConfig().getCaBundle()).isEqualTo("Y2E=");
    kept.getFirst().getClientConfig().setCaBundle(null);
    assertThat(kept).isEqualTo(registered);
    assertThat(Registration.withBundle(List.of(), "Y2E=")).isEmpty();
  }

  private static List<HasMetadata> shipped() throws IOException {
    try (InputStream yaml =
        Files.newInputStream(Path.of("manifests", "in-cluster", "webhook.yaml"))) {
      List<HasMetadata> objects = new KubernetesSerialization().unmarshal(yaml);
      return objects;
    }
  }
}
