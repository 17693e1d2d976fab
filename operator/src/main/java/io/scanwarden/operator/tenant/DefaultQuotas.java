package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.scanwarden.api.v1alpha1.ScanSchedule;
import io.scanwarden.api.v1alpha1.TenantQuota;
import io.scanwarden.api.v1alpha1.TenantQuotaSpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The quotas that are made of the default one: {@code <default>.<namespace>} for each namespace
 * that no quota of a user selects. One of them is known by the UID of its controller, not by its
 * name.
 */
final class DefaultQuotas {
  private DefaultQuotas() {}

  /** What is to be done to a generated quota. */
  sealed interface Change {
    /** The quota's name. */
    String name();

    /**
     * To be created, of this default quota.
     *
     * @param spec what it is to say
     */
    record Create(String name, Quota from, TenantQuotaSpec spec) implements Change {
      /** What is to be sent. */
      TenantQuota quota() {
        TenantQuota quota = new TenantQuota();
        quota.setMetadata(
            new ObjectMetaBuilder()
                .withName(name)
                .addNewOwnerReference()
                .withApiVersion(ScanSchedule.GROUP + "/" + ScanSchedule.VERSION)
                .withKind(TenantQuota.KIND)
                .withName(from.name())
                .withUid(from.uid())
                .withController(true)
                .endOwnerReference()
                .build());
        quota.setSpec(spec);
        return quota;
      }
    }

    /** To say that from now on. */
    record Update(String name, String uid, TenantQuotaSpec spec) implements Change {}

    /** To be deleted. */
    record Delete(String name, String uid) implements Change {}
  }

  /**
   * What is to be done.
   *
   * @param changes in the order of names
   * @param taken the namespaces for which there cannot be a generated quota, since a user's has its
   *     name and does not select them: nothing can be created there; with that name
   */
  record Plan(List<Change> changes, SortedMap<String, String> taken) {}

  /**
   * Says what is to be done. What the answer to one change makes possible, such as a name that is
   * free again, is in the next plan. A generated quota whose default quota is gone, or going, is
   * left to the garbage collector.
   *
   * @param quotas all there are
   * @param namespaces those that exist and that no quota but a generated one selects
   */
  static Plan plan(Collection<Quota> quotas, Collection<String> namespaces) {
    Map<String, Quota> byName = new HashMap<>();
    Map<String, Quota> byUid = new HashMap<>();
    quotas.forEach(quota -> byName.put(quota.name(), quota));
    quotas.forEach(quota -> byUid.put(quota.uid(), quota));
    Optional<Quota> from = quotas.stream().filter(Quota::isDefault).min(Quota.PRECEDENCE);
    SortedMap<String, String> wanted = new TreeMap<>();
    from.ifPresent(one -> namespaces.forEach(space -> wanted.put(one.name() + "." + space, space)));

    SortedMap<String, Change> changes = new TreeMap<>();
    SortedMap<String, String> taken = new TreeMap<>();
    from.ifPresent(
        one ->
            wanted.forEach(
                (name, namespace) -> {
                  Quota there = byName.get(name);
                  if (there == null) {
                    changes.put(name, new Change.Create(name, one, spec(one, namespace)));
                  } else if (!there.isGenerated()) {
                    taken.put(namespace, name);
                  } else if (isOf(there, one)
                      && !there.deleting()
                      && differs(there, one, namespace)) {
                    changes.put(name, new Change.Update(name, there.uid(), spec(one, namespace)));
                  }
                }));
    for (Quota quota : quotas) {
      boolean kept =
          from.filter(one -> isOf(quota, one)).isPresent() && wanted.containsKey(quota.name());
      boolean ownerStays =
          quota.generatedFrom().map(byUid::get).filter(owner -> !owner.deleting()).isPresent();
      if (ownerStays && !kept && !quota.deleting()) {
        changes.put(quota.name(), new Change.Delete(quota.name(), quota.uid()));
      }
    }
    return new Plan(List.copyOf(changes.values()), taken);
  }

  private static boolean isOf(Quota generated, Quota from) {
    return generated.generatedFrom().equals(Optional.of(from.uid()));
  }

  private static boolean differs(Quota generated, Quota from, String namespace) {
    return !generated.limits().equals(from.limits())
        || !generated.scope().equals(new Quota.Scope.Selected(NamespaceSelector.named(namespace)));
  }

  private static TenantQuotaSpec spec(Quota from, String namespace) {
    return new TenantQuotaSpec(
        NamespaceSelector.named(namespace).selector(), null, from.limits().toSpec());
  }
}
