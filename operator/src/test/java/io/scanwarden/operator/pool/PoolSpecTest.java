package io.scanwarden.operator.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.scanwarden.api.v1alpha1.AllowedNamespaces;
import io.scanwarden.api.v1alpha1.FromNamespaces;
import io.scanwarden.api.v1alpha1.JobDefaults;
import io.scanwarden.api.v1alpha1.QueueingStrategy;
import io.scanwarden.api.v1alpha1.WorkerPoolSpec;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.time.Duration;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolSpecTest {
  @Test
  void readsWhatIsSaid() throws InvalidScheduleException {
    AllowedNamespaces all = new AllowedNamespaces(FromNamespaces.ALL, null);
    JobDefaults defaults = new JobDefaults("low", null, null, null);
    WorkerPoolSpec spec =
        new WorkerPoolSpec(
            null, 20, 0, QueueingStrategy.FAIR_SHARE, "500ms", 7, true, null, all, defaults);

    assertThat(PoolSpec.of(spec))
        .isEqualTo(
            new PoolSpec(
                OptionalInt.of(20),
                OptionalInt.of(0),
                QueueingStrategy.FAIR_SHARE,
                Duration.ofMillis(500),
                true,
                all,
                OptionalInt.of(7),
                PodDefaults.of(defaults)));
  }

  @Test
  void fillsInTheDefaults() throws InvalidScheduleException {
    assertThat(PoolSpec.of(withInterval(null))).isEqualTo(PoolSpec.UNLIMITED);
  }

  @Test
  void refusesWhatIsNoDuration() {
    assertThatThrownBy(() -> PoolSpec.of(withInterval("often")))
        .isInstanceOf(InvalidScheduleException.class)
        .hasMessageContaining("spec.startInterval")
        .hasMessageContaining("often");
  }

  private static WorkerPoolSpec withInterval(@Nullable String interval) {
    return new WorkerPoolSpec(null, null, null, null, interval, null, null, null, null, null);
  }
}
