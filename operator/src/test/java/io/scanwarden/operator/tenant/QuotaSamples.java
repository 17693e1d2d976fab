package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Quotas and labels for tests. A quota's age is the second in which it was created. */
final class QuotaSamples {
  private QuotaSamples() {}

  static Quota quota(String name, int age, String tenant, int activeJobs) {
    return new Quota(
        name,
        uid(name),
        Instant.ofEpochSecond(age),
        false,
        new Quota.Scope.Selected(
            new NamespaceSelector(
                new LabelSelectorBuilder().addToMatchLabels("tenant", tenant).build())),
        limits(activeJobs),
        Optional.empty());
  }

  static Quota defaultQuota(String name, int age, int activeJobs) {
    return new Quota(
        name,
        uid(name),
        Instant.ofEpochSecond(age),
        false,
        new Quota.Scope.Default(),
        limits(activeJobs),
        Optional.empty());
  }

  static Quota generated(String name, int age, String from, String namespace, int activeJobs) {
    return new Quota(
        name,
        uid(name),
        Instant.ofEpochSecond(age),
        false,
        new Quota.Scope.Selected(NamespaceSelector.named(namespace)),
        limits(activeJobs),
        Optional.of(uid(from)));
  }

  static Quota deleting(Quota quota) {
    return new Quota(
        quota.name(),
        quota.uid(),
        quota.created(),
        true,
        quota.scope(),
        quota.limits(),
        quota.generatedFrom());
  }

  static String uid(String name) {
    return "uid of " + name;
  }

  static TenantLimits limits(int activeJobs) {
    return new TenantLimits(
        OptionalInt.of(activeJobs),
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalInt.empty());
  }

  static Map<String, String> labels(String namespace, String tenant) {
    return Map.of(NamespaceSelector.NAME_LABEL, namespace, "tenant", tenant);
  }
}
