package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.scanwarden.operator.run.RawApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the API server ask, and trust the answers. Registered by URL, the whole of the
 * MutatingWebhookConfiguration is the operator's; through a Service, somebody else has made it, and
 * only its caBundle is. It must exist: nobody could limit a right to create to one name.
 */
final class RegistrationKeeper {
  private static final Logger log = LoggerFactory.getLogger(RegistrationKeeper.class);
  private static final String SELF_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

  private final KubernetesClient client;
  private final WebhookOptions options;
  private final Set<String> namespaces;
  private final IntSupplier port;
  private @Nullable String user;
  private boolean missing;
  private boolean registered;

  /**
   * Not thread-safe.
   *
   * @param port on which this process listens
   */
  RegistrationKeeper(
      KubernetesClient client, WebhookOptions options, Set<String> namespaces, IntSupplier port) {
    this.client = client;
    this.options = options;
    this.namespaces = Set.copyOf(namespaces);
    this.port = port;
  }

  /**
   * Registers what is not registered as it should be.
   *
   * @throws UncheckedIOException if the API server does not say who this process is
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if the configuration could not
   *     be read or written
   */
  void keep(Credentials credentials) {
    MutatingWebhookConfiguration known =
        client
            .admissionRegistration()
            .v1()
            .mutatingWebhookConfigurations()
            .withName(options.configuration())
            .get();
    if (known == null) {
      if (!missing) {
        log.warn(
            "There is no MutatingWebhookConfiguration {}: Jobs with the label of a WorkerPool start"
                + " without waiting for it",
            options.configuration());
      }
      missing = true;
      registered = false;
      return;
    }
    missing = false;
    List<MutatingWebhook> wanted = wanted(known.getWebhooks(), bundle(credentials));
    boolean changed = !wanted.equals(known.getWebhooks());
    if (changed) {
      client
          .resource(new MutatingWebhookConfigurationBuilder(known).withWebhooks(wanted).build())
          .update();
    }
    if (changed || !registered) {
      log.info(
          "The webhook is registered in MutatingWebhookConfiguration {}{}",
          options.configuration(),
          options
              .host()
              .map(host -> ", as " + wanted.getFirst().getClientConfig().getUrl())
              .orElse(""));
    }
    registered = true;
  }

  private List<MutatingWebhook> wanted(List<MutatingWebhook> known, String bundle) {
    return options
        .host()
        .map(host -> Registration.byUrl(host, port.getAsInt(), bundle, user(), namespaces))
        .orElseGet(() -> Registration.withBundle(known, bundle));
  }

  private static String bundle(Credentials credentials) {
    return Base64.getEncoder()
        .encodeToString(CredentialsPem.authorities(credentials).getBytes(StandardCharsets.UTF_8));
  }

  private String user() {
    String known = user;
    if (known == null) {
      RawApi api = new RawApi(client);
      try {
        known =
            api.read(
                    api.request(SELF_REVIEWS)
                        .post(
                            "application/json",
                            "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}"),
                    SelfSubjectReview.class)
                .getStatus()
                .getUserInfo()
                .getUsername();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      user = known;
    }
    return known;
  }
}
