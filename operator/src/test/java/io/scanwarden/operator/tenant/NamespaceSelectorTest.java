package io.scanwarden.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NamespaceSelectorTest {
  private static final Map<String, String> LABELS = Map.of("team", "a", "scans", "yes");

  @Test
  void anEmptyOneSelectsAll() {
    assertThat(selects(new LabelSelector(), LABELS)).isTrue();
    assertThat(selects(new LabelSelector(), Map.of())).isTrue();
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

  @Test
  void labelsAndExpressionsMustBothMatch() {
    LabelSelector both =
        new LabelSelectorBuilder(expression("team", "Exists"))
            .addToMatchLabels("scans", "yes")
            .build();
    assertThat(selects(both, LABELS)).isTrue();
    assertThat(selects(both, Map.of("team", "a"))).isFalse();
    assertThat(selects(both, Map.of("scans", "yes"))).isFalse();
  }

  @Test
  void oneByNameSelectsNoOther() {
    NamespaceSelector named = NamespaceSelector.named("team-a");

    assertThat(named.matches(Map.of("kubernetes.io/metadata.name", "team-a"))).isTrue();
    assertThat(named.matches(Map.of("kubernetes.io/metadata.name", "team-b"))).isFalse();
    assertThat(named.onlyNamespace()).contains("team-a");
    assertThat(new NamespaceSelector(new LabelSelector()).onlyNamespace()).isEmpty();
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
    return new NamespaceSelector(selector).matches(labels);
  }
}
