package io.scanwarden.operator.tenant;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Selects namespaces by their labels, as Kubernetes does: all that is said must hold, and an empty
 * selector selects all. One that cannot be understood, which the schema refuses, selects none.
 */
public record NamespaceSelector(LabelSelector selector) {

  /** The label that the API server gives each namespace, and keeps: its name. */
  static final String NAME_LABEL = "kubernetes.io/metadata.name";

  /** The one that selects a single namespace by its name. */
  static NamespaceSelector named(String namespace) {
    LabelSelector selector = new LabelSelector();
    selector.setMatchLabels(Map.of(NAME_LABEL, namespace));
    return new NamespaceSelector(selector);
  }

  /** The only namespace that can be selected, if there is one by its name. */
  Optional<String> onlyNamespace() {
    return Optional.ofNullable(equal().get(NAME_LABEL));
  }

  /** Whether a namespace with these labels is selected. */
  public boolean matches(Map<String, String> labels) {
    List<LabelSelectorRequirement> expressions =
        requireNonNullElse(selector.getMatchExpressions(), List.<LabelSelectorRequirement>of());
    return labels.entrySet().containsAll(equal().entrySet())
        && expressions.stream().allMatch(requirement -> matches(requirement, labels));
  }

  private Map<String, String> equal() {
    return requireNonNullElse(selector.getMatchLabels(), Map.<String, String>of());
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
