package io.scanwarden.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
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

  private static boolean selects(LabelSelector selector, Map<String, String> labels) {
    return rule(FromNamespaces.SELECTOR, selector).allows("other", Optional.of(labels));
  }

  private static NamespaceRule rule(
      @Nullable FromNamespaces from, @Nullable LabelSelector selector) {
    return new NamespaceRule(new AllowedNamespaces(from, selector), "own");
  }
}
