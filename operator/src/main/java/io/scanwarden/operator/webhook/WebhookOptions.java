package io.scanwarden.operator.webhook;

import java.util.Optional;

/**
 * How webhooks are served and registered.
 *
 * @param address to listen on
 * @param port to listen on; 0 for any that is free
 * @param host under which the API server reaches this process; empty where it does so through a
 *     Service
 * @param namespace of the Secret and of the Service
 * @param secret the name of the Secret that holds the certificate
 * @param configuration the name of the MutatingWebhookConfiguration, of the
 *     ValidatingWebhookConfiguration and of the Service
 */
public record WebhookOptions(
    String address,
    int port,
    Optional<String> host,
    String namespace,
    String secret,
    String configuration) {

  /** The name under which the API server calls, that the certificate is for. */
  String serverName() {
    return host.orElseGet(() -> configuration + "." + namespace + ".svc");
  }
}
