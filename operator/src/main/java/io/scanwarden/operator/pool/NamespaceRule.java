package io.scanwarden.operator.pool;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.operator.tenant.NamespaceSelector;
import java.util.Map;
import java.util.Optional;

/**
 * Which namespaces a pool allows. In doubt it does not: a namespace whose labels are not known is
 * not selected, nor is any by a selector that cannot be understood.
 *
 * @param own the pool's namespace
 */
record NamespaceRule(AllowedNamespaces allowed, String own) {

  /** Whether the labels of namespaces matter. */
  boolean goesByLabels() {
    return from() == FromNamespaces.SELECTOR;
  }

  /**
   * Whether a namespace is allowed.
   *
   * @param labels those of the namespace, if it is known
   */
  boolean allows(String namespace, Optional<Map<String, String>> labels) {
    return switch (from()) {
      case SAME -> namespace.equals(own);
      case ALL -> true;
      case SELECTOR -> {
        LabelSelector selector = allowed.selector();
        yield selector != null
            && labels.isPresent()
            && new NamespaceSelector(selector).matches(labels.get());
      }
    };
  }

  private FromNamespaces from() {
    return requireNonNullElse(allowed.from(), FromNamespaces.SAME);
  }
}
