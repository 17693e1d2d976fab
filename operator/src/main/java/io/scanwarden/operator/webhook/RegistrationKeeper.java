package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the API server ask, and trust the answers. Registered by URL, all webhooks of the two
 * configurations are the operator's; through a Service, somebody else has made them, and only their
 * caBundle is. They must exist: nobody could limit a right to create to one name.
 */
final class RegistrationKeeper {
  private static final Logger log = LoggerFactory.getLogger(RegistrationKeeper.class);

  private final KubernetesClient client;
  private final WebhookOptions options;
  private final Set<String> namespaces;
  private final IntSupplier port;
  private final OwnName user;
  private final List<Kept<?, ?>> kept =
      List.of(new Kept<>(Registration.MUTATING), new Kept<>(Registration.VALIDATING));

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
    this.user = new OwnName(client);
  }

  /**
   * Registers what is not registered as it should be.
   *
   * @throws java.io.UncheckedIOException if the API server does not say who this process is
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if a configuration could not be
   *     read or written
   */
  void keep(Credentials credentials) {
    String bundle =
        Base64.getEncoder()
            .encodeToString(
                CredentialsPem.authorities(credentials).getBytes(StandardCharsets.UTF_8));
    kept.forEach(each -> each.keep(bundle));
  }

  /** One of the configurations, and what is known of it. */
  private final class Kept<C extends HasMetadata, W> {
    private final Registration<C, W> registration;
    private boolean missing;
    private boolean registered;

    Kept(Registration<C, W> registration) {
      this.registration = registration;
    }

    void keep(String bundle) {
      String kind = registration.kind().getSimpleName();
      C known = client.resources(registration.kind()).withName(options.configuration()).get();
      if (known == null) {
        if (!missing) {
          log.warn("There is no {} {}: {}", kind, options.configuration(), registration.without());
        }
        missing = true;
        registered = false;
        return;
      }
      missing = false;
      List<W> webhooks = registration.read().apply(known);
      List<W> wanted = wanted(webhooks, bundle);
      boolean changed = !wanted.equals(webhooks);
      if (changed) {
        client.resource(registration.write().apply(known, wanted)).update();
      }
      if (changed || !registered) {
        log.info(
            "The webhooks of {} {} are registered{}",
            kind,
            options.configuration(),
            options.host().map(host -> " by URL, port " + port.getAsInt()).orElse(""));
      }
      registered = true;
    }

    private List<W> wanted(List<W> known, String bundle) {
      return options
          .host()
          .map(
              host ->
                  registration
                      .byUrl()
                      .apply(
                          new Registration.Site(
                              host, port.getAsInt(), bundle, user.get(), namespaces)))
          .orElseGet(() -> registration.withBundle(known, bundle));
    }
  }
}
