package io.scanwarden.operator.tenant;

import static io.scanwarden.operator.tenant.QuotaSamples.defaultQuota;
import static io.scanwarden.operator.tenant.QuotaSamples.generated;
import static io.scanwarden.operator.tenant.QuotaSamples.labels;
import static io.scanwarden.operator.tenant.QuotaSamples.limits;
import static io.scanwarden.operator.tenant.QuotaSamples.quota;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TenantDirectoryTest {
  private final TreeSet<String> told = new TreeSet<>();
  private final TenantDirectory directory =
      new TenantDirectory(
          new TenantListener() {
            @Override
            public void tenantChanged(String namespace) {
              told.add("namespace " + namespace);
            }

            @Override
            public void quotaChanged(String quota) {
              told.add("quota " + quota);
            }
          });

  TenantDirectoryTest() {
    directory.complete();
  }

  /** An operator has just started, and is asked. */
  @Test
  void nothingIsKnownBeforeAllQuotasHaveBeenToldOf() {
    TenantDirectory fresh = new TenantDirectory(new Changes());
    fresh.putNamespace("n", labels("n", "a"));
    fresh.putNamespace("m", labels("m", "b"));
    assertThat(fresh.tenantOf("n")).isInstanceOf(Tenancy.Pending.class);
    assertThat(fresh.tenantOf("never-heard-of")).isInstanceOf(Tenancy.Pending.class);

    fresh.put(quota("qa", 1, "a", 10));
    assertThat(fresh.tenantOf("n")).isEqualTo(new Tenancy.Of("qa", limits(10)));
    assertThat(fresh.tenantOf("m")).isInstanceOf(Tenancy.Pending.class);

    fresh.complete();
    assertThat(fresh.tenantOf("m")).isEqualTo(new Tenancy.None());
  }

  @Test
  void withoutAnyQuotaEachNamespaceIsWithoutLimits() {
    directory.putNamespace("n", labels("n", "a"));

    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.None());
    assertThat(directory.tenantOf("never-heard-of")).isEqualTo(new Tenancy.None());
    assertTold();
  }

  @Test
  void aNamespaceBelongsToTheQuotaThatSelectsIt() {
    directory.putNamespace("n", labels("n", "a"));
    directory.putNamespace("m", labels("m", "b"));
    directory.put(quota("qa", 1, "a", 10));

    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.Of("qa", limits(10)));
    assertThat(directory.tenantOf("m")).isEqualTo(new Tenancy.None());
    assertThat(directory.tenantOf("never-heard-of")).isInstanceOf(Tenancy.Pending.class);
    assertThat(directory.namespacesOf("qa")).containsExactly("n");
    assertTold("namespace n", "quota qa");

    directory.putNamespace("m", labels("m", "a"));
    assertThat(directory.namespacesOf("qa")).containsExactly("m", "n");
    assertTold("namespace m", "quota qa");

    directory.putNamespace("n", labels("n", "b"));
    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.None());
    assertTold("namespace n", "quota qa");

    directory.removeNamespace("m");
    assertThat(directory.tenantOf("m")).isInstanceOf(Tenancy.Pending.class);
    assertThat(directory.namespacesOf("qa")).isEmpty();
    assertTold("namespace m", "quota qa");
  }

  @Test
  void otherLimitsAreNoOtherTenant() {
    directory.putNamespace("n", labels("n", "a"));
    directory.put(quota("qa", 1, "a", 10));
    told.clear();

    directory.put(quota("qa", 1, "a", 20));
    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.Of("qa", limits(20)));
    assertThat(directory.limitsOf("qa")).contains(limits(20));
    assertTold("quota qa");

    directory.put(quota("qa", 1, "a", 20));
    assertTold();
  }

  @Test
  void theOldestWinsAndTheOtherIsToldOfTheConflict() {
    directory.putNamespace("n", labels("n", "a"));
    directory.put(quota("young", 2, "a", 10));
    told.clear();

    directory.put(quota("old", 1, "a", 5));
    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.Of("old", limits(5)));
    assertThat(directory.conflictsOf("young").namespaces()).isEqualTo(Map.of("n", "old"));
    assertThat(directory.conflictsOf("old").isEmpty()).isTrue();
    assertTold("namespace n", "quota old", "quota young");

    directory.put(quota("also-young", 2, "a", 1));
    assertThat(directory.conflictsOf("also-young").namespaces()).isEqualTo(Map.of("n", "old"));
    assertTold("quota also-young");

    directory.remove("old");
    assertThat(directory.tenantOf("n"))
        .as("by name")
        .isEqualTo(new Tenancy.Of("also-young", limits(1)));
    assertThat(directory.conflictsOf("young").namespaces()).isEqualTo(Map.of("n", "also-young"));
    assertThat(directory.conflictsOf("old").isEmpty()).isTrue();
    assertTold("namespace n", "quota also-young", "quota old", "quota young");
  }

  @Test
  void withADefaultNobodyIsWithoutQuota() {
    directory.putNamespace("n", labels("n", "a"));
    directory.put(defaultQuota("d", 1, 3));
    assertThat(directory.tenantOf("n")).isInstanceOf(Tenancy.Pending.class);
    assertTold("namespace n", "quota d");

    directory.put(generated("d.n", 2, "d", "n", 3));
    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.Of("d.n", limits(3)));
    assertTold("namespace n", "quota d.n");

    directory.put(quota("qa", 9, "a", 10));
    assertThat(directory.tenantOf("n"))
        .as("a user's wins, though it is younger")
        .isEqualTo(new Tenancy.Of("qa", limits(10)));
    assertThat(directory.conflictsOf("qa").isEmpty()).isTrue();

    directory.putNamespace("n", labels("n", "b"));
    assertThat(directory.tenantOf("n"))
        .as("no way out")
        .isEqualTo(new Tenancy.Of("d.n", limits(3)));

    directory.remove("d.n");
    assertThat(directory.tenantOf("n")).isInstanceOf(Tenancy.Pending.class);

    directory.remove("d");
    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.None());
  }

  @Test
  void ofSeveralDefaultsTheOldestIsTheDefault() {
    directory.put(defaultQuota("young", 2, 3));
    told.clear();

    directory.put(defaultQuota("old", 1, 3));
    assertThat(directory.conflictsOf("young").otherDefault()).contains("old");
    assertThat(directory.conflictsOf("old").otherDefault()).isEmpty();
    assertTold("quota old", "quota young");

    directory.remove("old");
    assertThat(directory.conflictsOf("young").isEmpty()).isTrue();
    assertTold("quota old", "quota young");
  }

  @Test
  void aDefaultThatIsBeingDeletedIsNone() {
    directory.putNamespace("n", labels("n", "a"));
    directory.put(defaultQuota("d", 1, 3));
    directory.put(QuotaSamples.deleting(defaultQuota("d", 1, 3)));

    assertThat(directory.tenantOf("n")).isEqualTo(new Tenancy.None());
  }

  /** After each of many changes everything is as a look at all quotas and namespaces says. */
  @Test
  void isWhatALookAtEverythingSays() {
    for (long seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      Changes changes = new Changes();
      TenantDirectory tried = new TenantDirectory(changes);
      tried.complete();
      Model model = new Model();
      for (int step = 0; step < 60; step++) {
        Model before = model.copy();
        step(random, tried, model);
        assertAlike(tried, model, "seed " + seed + ", step " + step);
        assertThat(changes.take())
            .as("told, seed %d, step %d", seed, step)
            .isEqualTo(model.changesSince(before));
      }
    }
  }

  private static void step(Random random, TenantDirectory directory, Model model) {
    String namespace = "n" + random.nextInt(4);
    String name = "q" + random.nextInt(5);
    switch (random.nextInt(8)) {
      case 0 -> {
        directory.removeNamespace(namespace);
        model.namespaces.remove(namespace);
      }
      case 1, 2, 3 -> {
        Map<String, String> labels = labels(namespace, List.of("a", "b").get(random.nextInt(2)));
        directory.putNamespace(namespace, labels);
        model.namespaces.put(namespace, labels);
      }
      case 4 -> {
        directory.remove(name);
        model.quotas.remove(name);
      }
      default -> {
        int age = random.nextInt(3);
        int limit = random.nextInt(2);
        Quota quota =
            switch (random.nextInt(6)) {
              case 0 -> defaultQuota(name, age, limit);
              case 1 -> QuotaSamples.deleting(defaultQuota(name, age, limit));
              case 2, 3 -> generated(name, age, "d", namespace, limit);
              default -> quota(name, age, List.of("a", "b").get(random.nextInt(2)), limit);
            };
        directory.put(quota);
        model.quotas.put(name, quota);
      }
    }
  }

  private static void assertAlike(TenantDirectory directory, Model model, String when) {
    for (int i = 0; i < 4; i++) {
      String namespace = "n" + i;
      Tenancy answer = directory.tenantOf(namespace);
      assertThat(answer instanceof Tenancy.Pending ? Optional.of("pending") : Optional.of(answer))
          .as("%s of %s", namespace, when)
          .isEqualTo(Optional.of(model.tenantOf(namespace)));
    }
    for (int i = 0; i < 5; i++) {
      String name = "q" + i;
      assertThat(directory.namespacesOf(name)).as(when).isEqualTo(model.namespacesOf(name));
      assertThat(directory.conflictsOf(name)).as(when).isEqualTo(model.conflictsOf(name));
    }
  }

  /** What a directory tells. */
  private static final class Changes implements TenantListener {
    private final TreeSet<String> names = new TreeSet<>();

    @Override
    public void tenantChanged(String namespace) {
      names.add("namespace " + namespace);
    }

    @Override
    public void quotaChanged(String quota) {
      names.add("quota " + quota);
    }

    Set<String> take() {
      Set<String> taken = new TreeSet<>(names);
      names.clear();
      return taken;
    }
  }

  /** Looks at all there is for each question. */
  private static final class Model {
    private final Map<String, Quota> quotas = new HashMap<>();
    private final Map<String, Map<String, String>> namespaces = new TreeMap<>();

    Model copy() {
      Model copy = new Model();
      copy.quotas.putAll(quotas);
      copy.namespaces.putAll(namespaces);
      return copy;
    }

    private Optional<Quota> winner(String namespace) {
      Comparator<Quota> older =
          Comparator.comparing((Quota quota) -> quota.generatedFrom().isPresent() ? 1 : 0)
              .thenComparing(Quota::created)
              .thenComparing(Quota::name);
      return quotas.values().stream().filter(quota -> selects(quota, namespace)).min(older);
    }

    private boolean selects(Quota quota, String namespace) {
      Map<String, String> labels = namespaces.get(namespace);
      return labels != null
          && quota.scope() instanceof Quota.Scope.Selected(NamespaceSelector selector)
          && labels.entrySet().containsAll(selector.selector().getMatchLabels().entrySet());
    }

    private Optional<Quota> defaultQuota() {
      return quotas.values().stream()
          .filter(quota -> quota.scope() instanceof Quota.Scope.Default && !quota.deleting())
          .min(Comparator.comparing(Quota::created).thenComparing(Quota::name));
    }

    Object tenantOf(String namespace) {
      Optional<Quota> winner = winner(namespace);
      if (winner.isPresent()) {
        return new Tenancy.Of(winner.get().name(), winner.get().limits());
      }
      boolean pending =
          namespaces.containsKey(namespace) ? defaultQuota().isPresent() : !quotas.isEmpty();
      return pending ? "pending" : new Tenancy.None();
    }

    List<String> namespacesOf(String name) {
      return namespaces.keySet().stream()
          .filter(namespace -> winner(namespace).filter(q -> q.name().equals(name)).isPresent())
          .toList();
    }

    QuotaConflicts conflictsOf(String name) {
      Quota quota = quotas.get(name);
      if (quota == null) {
        return QuotaConflicts.NONE;
      }
      TreeMap<String, String> lost = new TreeMap<>();
      for (String namespace : namespaces.keySet()) {
        if (selects(quota, namespace)) {
          winner(namespace)
              .filter(winner -> !winner.name().equals(name))
              .ifPresent(winner -> lost.put(namespace, winner.name()));
        }
      }
      return new QuotaConflicts(
          lost,
          quota.scope() instanceof Quota.Scope.Default && !quota.deleting()
              ? defaultQuota().map(Quota::name).filter(first -> !first.equals(name))
              : Optional.empty());
    }

    Set<String> changesSince(Model before) {
      Set<String> changes = new TreeSet<>();
      List<String> known = new ArrayList<>(namespaces.keySet());
      known.addAll(before.namespaces.keySet());
      for (String namespace : known) {
        if (!tenant(tenantOf(namespace)).equals(tenant(before.tenantOf(namespace)))) {
          changes.add("namespace " + namespace);
        }
      }
      for (int i = 0; i < 5; i++) {
        String name = "q" + i;
        if (!seenOf(name).equals(before.seenOf(name))) {
          changes.add("quota " + name);
        }
      }
      return changes;
    }

    private static String tenant(Object tenancy) {
      return tenancy instanceof Tenancy.Of of ? of.quota() : tenancy.toString();
    }

    private List<Object> seenOf(String name) {
      Quota quota = quotas.get(name);
      return quota == null
          ? List.of()
          : List.of(quota.uid(), quota.limits(), namespacesOf(name), conflictsOf(name));
    }
  }

  private void assertTold(String... what) {
    assertThat(told).containsExactlyInAnyOrder(what);
    told.clear();
  }
}
