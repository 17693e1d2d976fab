package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.scanwarden.api.v1alpha1.ScanSchedule;
import io.scanwarden.api.v1alpha1.TenantQuota;
import io.scanwarden.api.v1alpha1.TenantQuotaSpec;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * What decisions need of a TenantQuota.
 *
 * @param created when it was created: of two quotas for a namespace the older wins
 * @param deleting whether it is being deleted; until it is gone it is in force, but no default
 * @param scope whose it is
 * @param generatedFrom the UID of the default quota that it was made of: of the TenantQuota that is
 *     its controller
 */
record Quota(
    String name,
    String uid,
    Instant created,
    boolean deleting,
    Scope scope,
    TenantLimits limits,
    Optional<String> generatedFrom) {

  /**
   * The first of several for a namespace wins: the oldest, and that of a user before a generated
   * one, whatever their ages are.
   */
  static final Comparator<Quota> PRECEDENCE =
      Comparator.comparing(Quota::isGenerated)
          .thenComparing(Quota::created)
          .thenComparing(Quota::name);

  /** Whose a quota is. */
  sealed interface Scope {
    /** Of the namespaces that the selector selects. */
    record Selected(NamespaceSelector selector) implements Scope {}

    /** Of each namespace that no other quota selects, by a quota made of this one. */
    record Default() implements Scope {}

    /** Nobody's: it says neither or both, which the schema refuses. */
    record Nobody() implements Scope {}
  }

  /**
   * What decisions need of a TenantQuota.
   *
   * @param spec empty if it cannot be read
   */
  static Quota of(ObjectMeta meta, Optional<TenantQuotaSpec> spec, TenantLimits limits) {
    return new Quota(
        meta.getName(),
        meta.getUid(),
        meta.getCreationTimestamp() == null
            ? Instant.MAX
            : Instant.parse(meta.getCreationTimestamp()),
        meta.getDeletionTimestamp() != null,
        spec.map(Quota::scope).orElseGet(Scope.Nobody::new),
        limits,
        meta.getOwnerReferences().stream()
            .filter(owner -> Boolean.TRUE.equals(owner.getController()))
            .filter(
                owner ->
                    owner.getKind().equals(TenantQuota.KIND)
                        && owner.getApiVersion().startsWith(ScanSchedule.GROUP + "/"))
            .map(OwnerReference::getUid)
            .findFirst());
  }

  private static Scope scope(TenantQuotaSpec spec) {
    boolean isDefault = Boolean.TRUE.equals(spec.isDefault());
    if ((spec.namespaceSelector() == null) != isDefault) {
      return new Scope.Nobody();
    }
    return spec.namespaceSelector() == null
        ? new Scope.Default()
        : new Scope.Selected(new NamespaceSelector(spec.namespaceSelector()));
  }

  /** Whether the operator has made it, of a default one. */
  boolean isGenerated() {
    return generatedFrom.isPresent();
  }

  /** Whether it may be the default. */
  boolean isDefault() {
    return scope instanceof Scope.Default && !isGenerated() && !deleting;
  }

  /** Whether it selects a namespace with these labels. */
  boolean selects(Map<String, String> labels) {
    return scope instanceof Scope.Selected(NamespaceSelector selector) && selector.matches(labels);
  }

  /** The only namespace that it can select, if there is one by its name. */
  Optional<String> onlyNamespace() {
    return scope instanceof Scope.Selected(NamespaceSelector selector)
        ? selector.onlyNamespace()
        : Optional.empty();
  }
}
