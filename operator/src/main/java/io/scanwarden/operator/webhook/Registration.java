package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperationsBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.scanwarden.operator.run.Marks;
import java.util.List;
import java.util.Set;
import org.bouncycastle.util.IPAddress;

/** Which requests the API server asks about, and where it asks. */
final class Registration {
  static final String NAME = "jobs.scanwarden.io";
  private static final int TIMEOUT_SECONDS = 5;
  private static final String NAMESPACE_NAME = "kubernetes.io/metadata.name";
  private static final String CREATED_OR_RESUMED =
      "request.operation == 'CREATE' || ((has(oldObject.spec.suspend) && oldObject.spec.suspend) &&"
          + " !(has(object.spec.suspend) && object.spec.suspend))";

  private Registration() {}

  /**
   * The webhooks as they are registered by URL.
   *
   * @param host a DNS name or an IP address
   * @param caBundle in base64
   * @param user the operator's own name, about whose requests it is not asked
   * @param namespaces those that the operator watches; empty for all
   */
  static List<MutatingWebhook> byUrl(
      String host, int port, String caBundle, String user, Set<String> namespaces) {
    String authority = IPAddress.isValidIPv6(host) ? "[" + host + "]" : host;
    return List.of(
        new MutatingWebhookBuilder()
            .withName(NAME)
            .withAdmissionReviewVersions("v1")
            .withClientConfig(
                new WebhookClientConfigBuilder()
                    .withUrl("https://%s:%d%s".formatted(authority, port, JobReviews.PATH))
                    .withCaBundle(caBundle)
                    .build())
            .withRules(
                new RuleWithOperationsBuilder()
                    .withApiGroups("batch")
                    .withApiVersions("v1")
                    .withOperations("CREATE", "UPDATE")
                    .withResources("jobs")
                    .withScope("Namespaced")
                    .build())
            .withObjectSelector(
                new LabelSelectorBuilder()
                    .addNewMatchExpression()
                    .withKey(Marks.POOL)
                    .withOperator("Exists")
                    .endMatchExpression()
                    .build())
            .withNamespaceSelector(selector(namespaces))
            .withMatchConditions(
                new MatchCondition(
                    "request.userInfo.username != '%s'".formatted(user.replace("'", "\\'")),
                    "not-the-operator"),
                new MatchCondition(CREATED_OR_RESUMED, "created-or-resumed"))
            .withMatchPolicy("Equivalent")
            .withFailurePolicy("Fail")
            .withReinvocationPolicy("IfNeeded")
            .withSideEffects("None")
            .withTimeoutSeconds(TIMEOUT_SECONDS)
            .build());
  }

  private static LabelSelector selector(Set<String> namespaces) {
    return namespaces.isEmpty()
        ? new LabelSelector()
        : new LabelSelectorBuilder()
            .addNewMatchExpression()
            .withKey(NAMESPACE_NAME)
            .withOperator("In")
            .withValues(namespaces.stream().sorted().toList())
            .endMatchExpression()
            .build();
  }

  /** The webhooks as somebody else has registered them, with the bundle. */
  static List<MutatingWebhook> withBundle(List<MutatingWebhook> webhooks, String caBundle) {
    return webhooks.stream()
        .map(
            webhook ->
                new MutatingWebhookBuilder(webhook)
                    .withClientConfig(
                        new WebhookClientConfigBuilder(webhook.getClientConfig())
                            .withCaBundle(caBundle)
                            .build())
                    .build())
        .toList();
  }
}
