package io.scanwarden.operator.observe;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.api.model.authentication.UserInfo;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceAttributes;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who may see what: the API server is asked whose a bearer token is, and whether they may do the
 * same to the resource that a view is about.
 */
public final class ViewAccess {
  private static final Logger log = LoggerFactory.getLogger(ViewAccess.class);
  private static final String BEARER = "Bearer ";

  private final KubernetesClient client;

  public ViewAccess(KubernetesClient client) {
    this.client = client;
  }

  /**
   * Why a request must not be answered.
   *
   * @param code an HTTP status: 401, 403, or 503 if the API server did not say
   */
  public record Refusal(int code, String message) {}

  /**
   * Decides on one request.
   *
   * @param authorization the request's header of that name
   * @param wanted what its sender must be allowed to do
   * @return empty if it may be answered
   */
  public Optional<Refusal> check(Optional<String> authorization, ResourceAttributes wanted) {
    Optional<String> token =
        authorization
            .filter(header -> header.regionMatches(true, 0, BEARER, 0, BEARER.length()))
            .map(header -> header.substring(BEARER.length()).strip());
    if (token.isEmpty()) {
      return Optional.of(
          unauthorized("send a token of the cluster in the header Authorization: Bearer TOKEN"));
    }
    try {
      return check(token.get(), wanted);
    } catch (KubernetesClientException e) {
      log.warn("The API server did not say who may see a view: {}", e.getMessage());
      return Optional.of(new Refusal(503, "the API server did not say who may see this"));
    }
  }

  private Optional<Refusal> check(String token, ResourceAttributes wanted) {
    TokenReview review =
        client
            .tokenReviews()
            .create(new TokenReviewBuilder().withNewSpec().withToken(token).endSpec().build());
    TokenReviewStatus status = review.getStatus();
    if (status == null || !Boolean.TRUE.equals(status.getAuthenticated())) {
      return Optional.of(unauthorized("the token is not valid"));
    }
    UserInfo user = status.getUser();
    SubjectAccessReviewStatus answer =
        client
            .authorization()
            .v1()
            .subjectAccessReview()
            .create(
                new SubjectAccessReviewBuilder()
                    .withNewSpec()
                    .withUser(user.getUsername())
                    .withUid(user.getUid())
                    .withGroups(user.getGroups())
                    .withExtra(extra(user.getExtra()))
                    .withResourceAttributes(wanted)
                    .endSpec()
                    .build())
            .getStatus();
    return answer != null && Boolean.TRUE.equals(answer.getAllowed())
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                403,
                "User \"%s\" cannot %s resource \"%s\" in API group \"%s\" %s"
                    .formatted(
                        user.getUsername(),
                        wanted.getVerb(),
                        wanted.getResource(),
                        wanted.getGroup(),
                        wanted.getNamespace() == null
                            ? "at the cluster scope"
                            : "in the namespace \"" + wanted.getNamespace() + "\"")));
  }

  private static Refusal unauthorized(String message) {
    return new Refusal(401, message);
  }

  private static Map<String, List<String>> extra(@Nullable Map<String, List<String>> extra) {
    return extra == null ? Map.of() : new HashMap<>(extra);
  }
}
