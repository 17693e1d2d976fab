package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.authentication.SelfSubjectReview;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.scanwarden.operator.run.RawApi;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** As whom the API server knows this process. Not thread-safe. */
final class OwnName {
  private static final String SELF_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

  private final KubernetesClient client;
  private @Nullable String name;

  OwnName(KubernetesClient client) {
    this.client = client;
  }

  /**
   * The name of the user, asked for once.
   *
   * @throws UncheckedIOException if the API server does not say
   */
  String get() {
    String known = name;
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
      name = known;
    }
    return known;
  }
}
