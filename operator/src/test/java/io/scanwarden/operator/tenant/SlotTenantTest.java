package io.scanwarden.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class SlotTenantTest {
  private static final TenantLimits FOUR =
      new TenantLimits(
          OptionalInt.empty(),
          OptionalInt.of(4),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty());

  @Test
  void theNamespacesOfAQuotaAreOneTenant() {
    SlotTenant tenant = SlotTenant.of("a", new Tenancy.Of("team", FOUR));

    assertThat(tenant).isEqualTo(SlotTenant.of("b", new Tenancy.Of("team", FOUR)));
    assertThat(tenant.runningJobs()).hasValue(4);
    assertThat(tenant.name()).isEqualTo(SlotTenant.ofQuota("team"));
  }

  @Test
  void aQuotaAndANamespaceOfOneNameAreTwoTenants() {
    assertThat(SlotTenant.of("team", new Tenancy.None()).name())
        .isNotEqualTo(SlotTenant.of("a", new Tenancy.Of("team", FOUR)).name());
    assertThat(SlotTenant.of("a", new Tenancy.None()).name())
        .isNotEqualTo(SlotTenant.of("b", new Tenancy.None()).name());
  }

  @Test
  void whileNobodyKnowsWhoseItIsNothingRuns() {
    SlotTenant tenant = SlotTenant.of("a", new Tenancy.Pending("not known yet"));

    assertThat(tenant.runningJobs()).hasValue(0);
    assertThat(tenant.hasQuota()).isTrue();
  }
}
