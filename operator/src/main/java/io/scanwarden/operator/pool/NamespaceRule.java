package io.scanwarden.operator.pool;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import java.util.List;
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
        yield selector != null && labels.isPresent() && matches(selector, labels.get());
      }
    };
  }

  private FromNamespaces from() {
    return requireNonNullElse(allowed.from(), FromNamespaces.SAME);
  }

  private static boolean matches(LabelSelector selector, Map<String, String> labels) {
    Map<String, String> equal =
        requireNonNullElse(selector.getMatchLabels(), Map.<String, String>of());
    List<LabelSelectorRequirement> expressions =
        requireNonNullElse(selector.getMatchExpressions(), List.<LabelSelectorRequirement>of());
    return labels.entrySet().containsAll(equal.entrySet())
        && expressions.stream().allMatch(requirement -> matches(requirement, labels));
  }

  private static boolean matches(LabelSelectorRequirement requirement, Map<String, String> labels) {
    String value = labels.get(requirement.getKey());
    List<String> values = requireNonNullElse(requirement.getValues(), List.<String>of());
    return switch (requireNonNullElse(requirement.getOperator(), "")) {
      case "In" -> value != null && values.contains(value);
      case "NotIn" -> value == null || !values.contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      default -> false;
    };
  }
}
