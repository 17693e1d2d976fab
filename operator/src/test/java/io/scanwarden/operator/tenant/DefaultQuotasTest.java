package io.scanwarden.operator.tenant;

import static io.scanwarden.operator.tenant.QuotaSamples.defaultQuota;
import static io.scanwarden.operator.tenant.QuotaSamples.deleting;
import static io.scanwarden.operator.tenant.QuotaSamples.generated;
import static io.scanwarden.operator.tenant.QuotaSamples.quota;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.TenantQuota;
import io.scanwarden.operator.tenant.DefaultQuotas.Change;
import io.scanwarden.operator.tenant.DefaultQuotas.Plan;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DefaultQuotasTest {
  private static final Quota DEFAULT = defaultQuota("d", 1, 3);
  private static final Quota OLDER = defaultQuota("older", 0, 3);

  static Stream<Arguments> cases() {
    return Stream.of(
        of("no default, nothing to do", List.of(quota("q", 1, "a", 1)), List.of("n"), ""),
        of("one for each namespace", List.of(DEFAULT), List.of("n", "m"), "Create d.m, Create d.n"),
        of("it is there", List.of(DEFAULT, generated("d.n", 2, "d", "n", 3)), List.of("n"), ""),
        of(
            "other limits",
            List.of(DEFAULT, generated("d.n", 2, "d", "n", 4)),
            List.of("n"),
            "Update d.n"),
        of(
            "somebody edited its selector",
            List.of(DEFAULT, generated("d.n", 2, "d", "other", 3)),
            List.of("n"),
            "Update d.n"),
        of(
            "a user's quota selects the namespace, or it is gone",
            List.of(DEFAULT, generated("d.n", 2, "d", "n", 3)),
            List.of(),
            "Delete d.n"),
        of(
            "known by its owner, not by its name",
            List.of(DEFAULT, generated("renamed", 2, "d", "n", 3)),
            List.of("n"),
            "Create d.n, Delete renamed"),
        of(
            "another is the default now",
            List.of(OLDER, DEFAULT, generated("d.n", 2, "d", "n", 3)),
            List.of("n"),
            "Delete d.n, Create older.n"),
        of(
            "the default has become an ordinary one",
            List.of(quota("d", 1, "a", 3), generated("d.n", 2, "d", "n", 3)),
            List.of("n"),
            "Delete d.n"),
        of(
            "the default is being deleted: the garbage collector's",
            List.of(deleting(DEFAULT), generated("d.n", 2, "d", "n", 3)),
            List.of("n"),
            ""),
        of("the default is gone", List.of(generated("d.n", 2, "d", "n", 3)), List.of("n"), ""),
        of(
            "being deleted: wait for its end",
            List.of(DEFAULT, deleting(generated("d.n", 2, "d", "n", 4))),
            List.of("n"),
            ""),
        of(
            "left behind by a default of the same name: wait for its end",
            List.of(DEFAULT, generated("d.n", 2, "an earlier d", "n", 3)),
            List.of("n"),
            ""));
  }

  private static Arguments of(
      String what, List<Quota> quotas, List<String> namespaces, String expected) {
    return Arguments.of(what, quotas, namespaces, expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void plans(String what, List<Quota> quotas, List<String> namespaces, String expected) {
    Plan plan = DefaultQuotas.plan(quotas, namespaces);

    assertThat(
            String.join(
                ", ",
                plan.changes().stream()
                    .map(change -> change.getClass().getSimpleName() + " " + change.name())
                    .toList()))
        .isEqualTo(expected);
    assertThat(plan.taken()).isEmpty();
  }

  @Test
  void aUsersQuotaOfThatNameIsLeftAlone() {
    Plan plan = DefaultQuotas.plan(List.of(DEFAULT, quota("d.n", 2, "b", 9)), List.of("n"));

    assertThat(plan.changes()).isEmpty();
    assertThat(plan.taken()).isEqualTo(Map.of("n", "d.n"));
  }

  @Test
  void whatIsCreatedIsKnownAgainAsGenerated() {
    Change.Create create =
        (Change.Create) DefaultQuotas.plan(List.of(DEFAULT), List.of("n")).changes().getFirst();
    TenantQuota created = create.quota();
    created.getMetadata().setUid("new");
    created.getMetadata().setCreationTimestamp("2026-11-22T03:00:00Z");

    Quota read = read(created);

    assertThat(read.isGenerated()).isTrue();
    assertThat(created.getMetadata().getOwnerReferences().getFirst().getUid())
        .isEqualTo(DEFAULT.uid());
    assertThat(DefaultQuotas.plan(List.of(DEFAULT, read), List.of("n")).changes()).isEmpty();
  }

  /** Carried out, plans end, and then each namespace without a user's quota has one. */
  @Test
  void plansComeToAnEnd() {
    for (long seed = 0; seed < 500; seed++) {
      Random random = new Random(seed);
      Map<String, Quota> quotas = new TreeMap<>();
      TenantDirectory directory = new TenantDirectory(new Silent());
      directory.complete();
      for (Quota quota :
          List.of(
              defaultQuota("d", random.nextInt(3), random.nextInt(3)),
              defaultQuota("e", random.nextInt(3), random.nextInt(3)),
              quota("q", 1, "a", 1),
              generated("d.n0", 4, random.nextBoolean() ? "d" : "e", "n0", random.nextInt(3)),
              generated("e.n1", 4, "e", "n" + random.nextInt(3), random.nextInt(3)))) {
        if (random.nextInt(4) > 0) {
          quotas.put(quota.name(), quota);
          directory.put(quota);
        }
      }
      for (int i = 0; i < 3; i++) {
        directory.putNamespace(
            "n" + i, QuotaSamples.labels("n" + i, random.nextBoolean() ? "a" : "b"));
      }
      boolean owned = quotas.containsKey("d") && quotas.containsKey("e");
      for (int round = 0; round < 3; round++) {
        carryOut(directory.planDefaults(), directory);
      }

      assertThat(directory.planDefaults().changes()).as("seed %d", seed).isEmpty();
      for (int i = 0; i < 3 && owned; i++) {
        assertThat(directory.tenantOf("n" + i)).as("seed %d", seed).isInstanceOf(Tenancy.Of.class);
      }
    }
  }

  private static void carryOut(Plan plan, TenantDirectory directory) {
    for (Change change : plan.changes()) {
      switch (change) {
        case Change.Create create -> {
          TenantQuota quota = create.quota();
          quota.getMetadata().setUid("made " + create.name());
          quota.getMetadata().setCreationTimestamp("2026-11-22T03:00:00Z");
          directory.put(read(quota));
        }
        case Change.Update update -> {
          TenantQuota quota = new Change.Create(update.name(), DEFAULT, update.spec()).quota();
          quota.getMetadata().setUid(update.uid());
          quota
              .getMetadata()
              .getOwnerReferences()
              .getFirst()
              .setUid(QuotaSamples.uid(update.name().substring(0, 1)));
          directory.put(read(quota));
        }
        case Change.Delete delete -> directory.remove(delete.name());
      }
    }
  }

  private static Quota read(TenantQuota quota) {
    return Quota.of(
        quota.getMetadata(),
        Optional.of(quota.getSpec()),
        TenantLimits.of(quota.getSpec().limits()));
  }

  private static final class Silent implements TenantListener {
    @Override
    public void tenantChanged(String namespace) {}

    @Override
    public void quotaChanged(String quota) {}
  }
}
