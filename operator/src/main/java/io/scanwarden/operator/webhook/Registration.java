package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperations;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperationsBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfigBuilder;
import io.scanwarden.api.v1alpha1.ScanSchedule;
import io.scanwarden.operator.run.Marks;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.bouncycastle.util.IPAddress;

/**
 * Which requests the API server asks about, and where it asks: the webhooks of one kind of
 * configuration.
 *
 * @param <C> the kind of configuration
 * @param <W> its webhooks
 * @param without what it means that there is none, for the log
 * @param read the webhooks of a configuration
 * @param write the configuration with other webhooks
 * @param byUrl the webhooks as they are registered by URL
 * @param bundled a webhook as somebody else has registered it, with the bundle
 */
record Registration<C extends HasMetadata, W>(
    Class<C> kind,
    String without,
    Function<C, List<W>> read,
    BiFunction<C, List<W>, C> write,
    Function<Site, List<W>> byUrl,
    BiFunction<W, String, W> bundled) {

  private static final String NAMESPACE_NAME = "kubernetes.io/metadata.name";
  private static final String CREATE = "CREATE";
  private static final String UPDATE = "UPDATE";
  private static final String EQUIVALENT = "Equivalent";
  private static final String FAIL = "Fail";
  private static final String NONE = "None";

  /** For what is answered out of memory. */
  private static final int TIMEOUT_SECONDS = 5;

  /** For what is written down before it is answered. */
  private static final int RESERVING_TIMEOUT_SECONDS = 10;

  private static final String CREATED_OR_RESUMED =
      "request.operation == 'CREATE' || ((has(oldObject.spec.suspend) && oldObject.spec.suspend) &&"
          + " !(has(object.spec.suspend) && object.spec.suspend))";
  private static final String SPEC_CHANGED =
      "request.operation == 'CREATE' || object.spec != oldObject.spec";

  /** What changes Jobs. */
  static final Registration<MutatingWebhookConfiguration, MutatingWebhook> MUTATING =
      new Registration<>(
          MutatingWebhookConfiguration.class,
          "Jobs with the label of a WorkerPool start without waiting for it",
          MutatingWebhookConfiguration::getWebhooks,
          (c, webhooks) ->
              new MutatingWebhookConfigurationBuilder(c).withWebhooks(webhooks).build(),
          site -> List.of(jobs(site)),
          (webhook, bundle) ->
              new MutatingWebhookBuilder(webhook)
                  .withClientConfig(withBundle(webhook.getClientConfig(), bundle))
                  .build());

  /** What refuses, or warns. */
  static final Registration<ValidatingWebhookConfiguration, ValidatingWebhook> VALIDATING =
      new Registration<>(
          ValidatingWebhookConfiguration.class,
          "ScanSchedules are not validated when they are applied, and what is created needs no"
              + " place in a quota",
          ValidatingWebhookConfiguration::getWebhooks,
          (c, webhooks) ->
              new ValidatingWebhookConfigurationBuilder(c).withWebhooks(webhooks).build(),
          site -> List.of(schedules(site), tenantQuotas(site), quotaOfJobs(site)),
          (webhook, bundle) ->
              new ValidatingWebhookBuilder(webhook)
                  .withClientConfig(withBundle(webhook.getClientConfig(), bundle))
                  .build());

  /**
   * Where webhooks that are registered by URL are served, and for whom.
   *
   * @param host a DNS name or an IP address
   * @param caBundle in base64
   * @param user the operator's own name, about whose Jobs it is not asked
   * @param namespaces those that the operator watches; empty for all
   */
  record Site(String host, int port, String caBundle, String user, Set<String> namespaces) {
    Site {
      namespaces = Set.copyOf(namespaces);
    }

    private WebhookClientConfig at(String path) {
      String authority = IPAddress.isValidIPv6(host) ? "[" + host + "]" : host;
      return new WebhookClientConfigBuilder()
          .withUrl("https://%s:%d%s".formatted(authority, port, path))
          .withCaBundle(caBundle)
          .build();
    }

    private LabelSelector selector() {
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

    private MatchCondition notTheOperator() {
      return new MatchCondition(
          "request.userInfo.username != '%s'".formatted(user.replace("'", "\\'")),
          "not-the-operator");
    }
  }

  /** The webhooks as somebody else has registered them, with the bundle. */
  List<W> withBundle(List<W> webhooks, String caBundle) {
    return webhooks.stream().map(webhook -> bundled.apply(webhook, caBundle)).toList();
  }

  private static WebhookClientConfig withBundle(WebhookClientConfig config, String caBundle) {
    return new WebhookClientConfigBuilder(config).withCaBundle(caBundle).build();
  }

  private static MutatingWebhook jobs(Site site) {
    return new MutatingWebhookBuilder()
        .withName("jobs.scanwarden.io")
        .withAdmissionReviewVersions("v1")
        .withClientConfig(site.at(JobReviews.PATH))
        .withRules(rule("batch", "v1", "jobs", "Namespaced", CREATE, UPDATE))
        .withObjectSelector(ofAPool())
        .withNamespaceSelector(site.selector())
        .withMatchConditions(
            site.notTheOperator(), new MatchCondition(CREATED_OR_RESUMED, "created-or-resumed"))
        .withMatchPolicy(EQUIVALENT)
        .withFailurePolicy(FAIL)
        .withReinvocationPolicy("IfNeeded")
        .withSideEffects(NONE)
        .withTimeoutSeconds(TIMEOUT_SECONDS)
        .build();
  }

  /** The rest of an object, and a deletion, does not depend on this process. */
  private static ValidatingWebhook schedules(Site site) {
    return new ValidatingWebhookBuilder()
        .withName("schedules.scanwarden.io")
        .withAdmissionReviewVersions("v1")
        .withClientConfig(site.at(ScheduleReviews.PATH))
        .withRules(ours("scanschedules", "Namespaced"))
        .withObjectSelector(new LabelSelector())
        .withNamespaceSelector(site.selector())
        .withMatchConditions(new MatchCondition(SPEC_CHANGED, "created-or-spec-changed"))
        .withMatchPolicy(EQUIVALENT)
        .withFailurePolicy(FAIL)
        .withSideEffects("NoneOnDryRun")
        .withTimeoutSeconds(RESERVING_TIMEOUT_SECONDS)
        .build();
  }

  /** Only warns, so that a limit can be raised whatever has become of this process. */
  private static ValidatingWebhook tenantQuotas(Site site) {
    return new ValidatingWebhookBuilder()
        .withName("tenantquotas.scanwarden.io")
        .withAdmissionReviewVersions("v1")
        .withClientConfig(site.at(TenantQuotaReviews.PATH))
        .withRules(ours("tenantquotas", "Cluster"))
        .withObjectSelector(new LabelSelector())
        .withNamespaceSelector(new LabelSelector())
        .withMatchPolicy(EQUIVALENT)
        .withFailurePolicy("Ignore")
        .withSideEffects(NONE)
        .withTimeoutSeconds(TIMEOUT_SECONDS)
        .build();
  }

  private static ValidatingWebhook quotaOfJobs(Site site) {
    return new ValidatingWebhookBuilder()
        .withName("quota.jobs.scanwarden.io")
        .withAdmissionReviewVersions("v1")
        .withClientConfig(site.at(QuotaReviews.PATH))
        .withRules(rule("batch", "v1", "jobs", "Namespaced", CREATE))
        .withObjectSelector(ofAPool())
        .withNamespaceSelector(site.selector())
        .withMatchConditions(site.notTheOperator())
        .withMatchPolicy(EQUIVALENT)
        .withFailurePolicy(FAIL)
        .withSideEffects("NoneOnDryRun")
        .withTimeoutSeconds(RESERVING_TIMEOUT_SECONDS)
        .build();
  }

  private static RuleWithOperations ours(String resource, String scope) {
    return rule(ScanSchedule.GROUP, ScanSchedule.VERSION, resource, scope, CREATE, UPDATE);
  }

  private static RuleWithOperations rule(
      String group, String version, String resource, String scope, String... operations) {
    return new RuleWithOperationsBuilder()
        .withApiGroups(group)
        .withApiVersions(version)
        .withOperations(operations)
        .withResources(resource)
        .withScope(scope)
        .build();
  }

  private static LabelSelector ofAPool() {
    return new LabelSelectorBuilder()
        .addNewMatchExpression()
        .withKey(Marks.POOL)
        .withOperator("Exists")
        .endMatchExpression()
        .build();
  }
}
