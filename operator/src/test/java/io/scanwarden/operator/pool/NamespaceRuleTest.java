package io.scanwarden.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class NamespaceRuleTest {
  private static final Map<String, String> LABELS = Map.of("team", "a", "scans", "yes");

  @Test
  void sameIsTheDefault() {
    for (NamespaceRule rule : List.of(rule(null, null), rule(FromNamespaces.SAME, null))) {
      assertThat(rule.allows("own", Optional.empty())).isTrue();
      assertThat(rule.allows("other", Optional.of(LABELS))).isFalse();
      assertThat(rule.goesByLabels()).isFalse();
    }
  }

  @Test
  void allAreAllowed() {
    assertThat(rule(FromNamespaces.ALL, null).allows("other", Optional.empty())).isTrue();
  }

  @Test
  void whatIsNotKnownIsNotSelected() {
    assertThat(selects(new LabelSelector(), LABELS)).as("an empty one").isTrue();
    assertThat(rule(FromNamespaces.SELECTOR, null).allows("own", Optional.of(LABELS))).isFalse();
    assertThat(rule(FromNamespaces.SELECTOR, new LabelSelector()).allows("other", Optional.empty()))
        .isFalse();
  }

  @Test
  void labelsMustAllMatch() {
    LabelSelector selector =
        new LabelSelectorBuilder()
            .addToMatchLabels("team", "a")
            .addToMatchLabels("scans", "yes")
            .build();
    assertThat(selects(selector, LABELS)).isTrue();
    assertThat(selects(selector, Map.of("team", "a"))).isFalse();
    assertThat(selects(selector, Map.of("team", "a", "scans", "no"))).isFalse();
  }

  @Test
  void expressionsAreThoseOfKubernetes() {
    assertThat(selects(expression("team", "In", "a", "b"), LABELS)).isTrue();
    assertThat(selects(expression("team", "In", "b"), LABELS)).isFalse();
    assertThat(selects(expression("absent", "In", "b"), LABELS)).isFalse();
    assertThat(selects(expression("team", "NotIn", "b"), LABELS)).isTrue();
    assertThat(selects(expression("team", "NotIn", "a"), LABELS)).isFalse();
    assertThat(selects(expression("absent", "NotIn", "a"), LABELS)).isTrue();
    assertThat(selects(expression("team", "Exists"), LABELS)).isTrue();
    assertThat(selects(expression("absent", "Exists"), LABELS)).isFalse();
    assertThat(selects(expression("absent", "DoesNotExist"), LABELS)).isTrue();
    assertThat(selects(expression("team", "DoesNotExist"), LABELS)).isFalse();
    assertThat(selects(expression("team", "Like", "a"), LABELS)).isFalse();
  }

  private static LabelSelector expression(String key, String operator, String... values) {
    return new LabelSelectorBuilder()
        .addNewMatchExpression()
        .withKey(key)
        .withOperator(operator)
        .withValues(values)
        .endMatchExpression()
        .build();
  }

  private static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return rule(FromNamespaces.SELECTOR, selector).allows("other", Optional.of(labels));
  }

  private static NamespaceRule rule(
      @Nullable FromNamespaces from, @Nullable LabelSelector selector) {
    return new NamespaceRule(new AllowedNamespaces(from, selector), "own");
  }
}
