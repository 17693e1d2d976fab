package io.scanwarden.operator.webhook;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Secret with the certificate. Each replica follows it, and serves the last of its contents
 * that was good; the leader fills it and renews it.
 */
final class CertificateSecret implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CertificateSecret.class);

  private final KubernetesClient client;
  private final Resource<Secret> resource;
  private final String name;
  private final Renewal renewal;
  private final ServedCertificate served;
  private volatile @Nullable SharedIndexInformer<Secret> informer;
  private volatile boolean missing;

  CertificateSecret(
      KubernetesClient client, WebhookOptions options, Renewal renewal, ServedCertificate served) {
    this.client = client;
    this.resource = client.secrets().inNamespace(options.namespace()).withName(options.secret());
    this.name = options.namespace() + "/" + options.secret();
    this.renewal = renewal;
    this.served = served;
  }

  /**
   * Follows the Secret from now on.
   *
   * @param changed told whenever it is another
   */
  void follow(Runnable changed) {
    SharedIndexInformer<Secret> following = resource.runnableInformer(0);
    informer = following;
    following.addEventHandler(
        new ResourceEventHandler<>() {
          @Override
          public void onAdd(Secret secret) {
            serve(secret);
            changed.run();
          }

          @Override
          public void onUpdate(Secret before, Secret secret) {
            serve(secret);
            changed.run();
          }

          @Override
          public void onDelete(Secret secret, boolean unknownFinalState) {
            changed.run();
          }
        });
    following.run();
  }

  private void serve(Secret secret) {
    if (isEmpty(secret)) {
      return; // the leader fills it
    }
    try {
      served.serve(CredentialsPem.read(data(secret)));
    } catch (CredentialsPem.Corrupt e) {
      log.warn(
          "Secret {} cannot be used: {}. {}",
          name,
          e.getMessage(),
          served.current().isPresent()
              ? "The certificate that it held before is served until it is made anew"
              : "Nothing is served until it is made anew");
    }
  }

  /**
   * Makes the Secret hold what it should. For the leader.
   *
   * @return what it holds; empty if there is no Secret
   * @throws io.fabric8.kubernetes.client.KubernetesClientException if it could not be read or
   *     written, also because somebody else has written it meanwhile
   */
  Optional<Credentials> keep(Instant now) {
    Secret secret = resource.get();
    if (secret == null) {
      if (!missing) {
        log.warn(
            "There is no Secret {}: nothing can be served over HTTPS until it is made, empty, as"
                + " operator/manifests has it",
            name);
      }
      missing = true;
      return Optional.empty();
    }
    missing = false;
    Optional<Renewal.Renewed> renewed;
    try {
      Credentials known = CredentialsPem.read(data(secret));
      renewed = renewal.next(known, now);
      if (renewed.isEmpty()) {
        return Optional.of(known);
      }
    } catch (CredentialsPem.Corrupt e) {
      renewed =
          Optional.of(renewal.anew("it held none that could be used, " + e.getMessage(), now));
    }
    Credentials credentials = renewed.get().credentials();
    client
        .resource(new SecretBuilder(secret).addToData(CredentialsPem.write(credentials)).build())
        .update();
    log.info(
        "Secret {} has a new certificate, until {}: {}",
        name,
        credentials.end(),
        renewed.get().why());
    served.serve(credentials);
    return Optional.of(credentials);
  }

  private static boolean isEmpty(Secret secret) {
    return data(secret).isEmpty();
  }

  private static Map<String, String> data(Secret secret) {
    return requireNonNullElse(secret.getData(), Map.<String, String>of());
  }

  @Override
  public void close() {
    SharedIndexInformer<Secret> following = informer;
    if (following != null) {
      following.close();
    }
  }
}
