package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
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

  private static Registration.Site site(String host, Set<String> namespaces) {
    return new Registration.Site(host, 8443, "Y2E=", USER, namespaces);
  }

  private static MutatingWebhook jobs(String host) {
    List<MutatingWebhook> webhooks =
        Registration.MUTATING.byUrl().apply(site(host, Set.of("b", "a")));
    assertThat(webhooks).hasSize(1);
    return webhooks.getFirst();
  }

  private static List<ValidatingWebhook> validating(Set<String> namespaces) {
    return Registration.VALIDATING.byUrl().apply(site("h", namespaces));
  }

  @Test
  void theUrlIsThatOfTheProcess() {
    assertThat(jobs("127.0.0.1").getClientConfig().getUrl())
        .isEqualTo("https://127.0.0.1:8443/admission/jobs");
    assertThat(jobs("::1").getClientConfig().getUrl())
        .isEqualTo("https://[::1]:8443/admission/jobs");
    assertThat(jobs("::1").getClientConfig().getCaBundle()).isEqualTo("Y2E=");
    assertThat(validating(Set.of()))
        .extracting(webhook -> webhook.getClientConfig().getUrl())
        .containsExactly(
            "https://h:8443/admission/schedules",
            "https://h:8443/admission/tenantquotas",
            "https://h:8443/admission/quota");
  }

  @Test
  void onlyTheNamespacesThatAreWatchedAreAskedFor() {
    LabelSelector watched = jobs("h").getNamespaceSelector();

    assertThat(watched.getMatchExpressions()).hasSize(1);
    var names = watched.getMatchExpressions().getFirst();
    assertThat(names.getKey()).isEqualTo("kubernetes.io/metadata.name");
    assertThat(names.getOperator()).isEqualTo("In");
    assertThat(names.getValues()).containsExactly("a", "b");
    assertThat(validating(Set.of("a", "b")))
        .extracting(ValidatingWebhook::getNamespaceSelector)
        .containsExactly(watched, new LabelSelector(), watched);
  }

  @Test
  void theManifestAsksForTheSame() throws IOException {
    List<MutatingWebhook> mutating = Registration.MUTATING.byUrl().apply(site("h", Set.of()));
    assertThat(shipped(MutatingWebhookConfiguration.class).getWebhooks())
        .usingRecursiveComparison()
        .ignoringFields("clientConfig")
        .isEqualTo(mutating);
    assertThat(shipped(ValidatingWebhookConfiguration.class).getWebhooks())
        .usingRecursiveComparison()
        .ignoringFields("clientConfig")
        .isEqualTo(validating(Set.of()));
  }

  @Test
  void theManifestAsksThere() throws IOException {
    assertThat(shipped(MutatingWebhookConfiguration.class).getWebhooks())
        .extracting(webhook -> webhook.getClientConfig().getService().getPath())
        .containsExactly(JobReviews.PATH);
    assertThat(shipped(ValidatingWebhookConfiguration.class).getWebhooks())
        .extracting(webhook -> webhook.getClientConfig().getService().getPath())
        .containsExactly(ScheduleReviews.PATH, TenantQuotaReviews.PATH, QuotaReviews.PATH);
  }

  /** Or its absence would be felt by what it is not asked about. */
  @Test
  void whatMustNotFailWithoutIt() {
    assertThat(validating(Set.of()))
        .extracting(ValidatingWebhook::getName, ValidatingWebhook::getFailurePolicy)
        .containsExactly(
            tuple("schedules.scanwarden.io", "Fail"),
            tuple("tenantquotas.scanwarden.io", "Ignore"),
            tuple("quota.jobs.scanwarden.io", "Fail"));
  }

  /** The certificate is for the Service that the manifest has. */
  @Test
  void theServiceHasTheNameOfTheConfiguration() throws IOException {
    WebhookOptions options =
        new WebhookOptions(
            "0.0.0.0", 8443, Optional.empty(), "scanwarden-system", "secret", "scanwarden");
    Service service = shipped(Service.class);

    assertThat(options.serverName())
        .isEqualTo(
            service.getMetadata().getName() + "." + service.getMetadata().getNamespace() + ".svc");
    assertThat(service.getSpec().getPorts().getFirst().getTargetPort().getIntVal())
        .isEqualTo(options.port());
  }

  @Test
  void ofARegistrationThatIsNotOursOnlyTheBundleIsKept() throws IOException {
    List<MutatingWebhook> registered = shipped(MutatingWebhookConfiguration.class).getWebhooks();

    List<MutatingWebhook> kept = Registration.MUTATING.withBundle(registered, "Y2E=");

    assertThat(kept.getFirst().getClientConfig().getCaBundle()).isEqualTo("Y2E=");
    kept.getFirst().getClientConfig().setCaBundle(null);
    assertThat(kept).isEqualTo(registered);
    assertThat(Registration.MUTATING.withBundle(List.of(), "Y2E=")).isEmpty();
  }

  @Test
  void ofEachValidatingWebhookTheBundleIsKept() throws IOException {
    List<ValidatingWebhook> registered =
        shipped(ValidatingWebhookConfiguration.class).getWebhooks();

    List<ValidatingWebhook> kept = Registration.VALIDATING.withBundle(registered, "Y2E=");

    assertThat(kept)
        .hasSize(3)
        .allSatisfy(w -> assertThat(w.getClientConfig().getCaBundle()).isEqualTo("Y2E="));
    kept.forEach(webhook -> webhook.getClientConfig().setCaBundle(null));
    assertThat(kept).isEqualTo(registered);
  }

  private static <T extends HasMetadata> T shipped(Class<T> kind) throws IOException {
    try (InputStream yaml =
        Files.newInputStream(Path.of("manifests", "in-cluster", "webhook.yaml"))) {
      List<HasMetadata> objects = new KubernetesSerialization().unmarshal(yaml);
      return objects.stream().filter(kind::isInstance).map(kind::cast).findFirst().orElseThrow();
    }
  }
}
