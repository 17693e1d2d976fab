package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.pool.JobKey;
import io.scanwarden.operator.pool.PoolAdmission;
import io.scanwarden.operator.pool.PoolsForTests;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.tenant.SlotTenant;
import io.scanwarden.operator.time.TestWorkClock;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Two schedules in a pool or a tenant of one slot: what each has, and what it gives back. */
@NullUnmarked
class PoolPlaceTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final PoolKey POOL = new PoolKey("ns", "small");

  private final TestWorkClock clock = new TestWorkClock(T, 0);
  private SlotTenant tenant = SlotTenant.withoutQuota("ns");
  private final PoolAdmission pools =
      new PoolAdmission(
          clock,
          namespace -> Optional.empty(),
          namespace -> tenant,
          new Metrics(new SimpleMeterRegistry()));
  private final List<ScheduleKey> turns = new ArrayList<>();
  private final PoolTurns shared = new PoolTurns(pools, turns::add);
  private final List<String> told = new ArrayList<>();
  private long version = 10;

  private final Subject one = new Subject("one");
  private final Subject two = new Subject("two");

  PoolPlaceTest() {
    PoolsForTests.put(pools, POOL, 1);
    PoolsForTests.start(pools);
  }

  @AfterEach
  void close() {
    pools.close();
  }

  private final class Subject {
    final ScheduleState state;
    final String name;
    Operation.Create create;
    ObjectNode job;

    Subject(String name) {
      this.name = name;
      state =
          new ScheduleState(
              new ScheduleKey("ns", name),
              new Telemetry(
                  (r, t, reason, a, m) -> told.add(reason), new Metrics(new SimpleMeterRegistry())),
              new ConcurrencyGroups(k -> {}),
              shared,
              QuotaTurns.UNLIMITED);
      state.join(T);
    }

    void exists(String more) throws IOException {
      String schedule =
          """
          {"metadata":{"name":"%s","namespace":"ns","uid":"%s","generation":%d,
            "resourceVersion":"%d","creationTimestamp":"%s"},
           "spec":{%s"triggers":[{"every":"10s"}],
             "jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never"}}}}}}"""
              .formatted(name, name, version, ++version, T, more);
      state.resource(JSON.readValue(schedule, ScheduleResource.class), clock.instant());
      step();
      report();
      step();
    }

    void report() {
      state.report(clock.instant()).ifPresent(report -> state.reported(report, ++version));
    }

    List<Operation> step() {
      List<Operation> operations = state.step(clock.instant()).operations();
      for (Operation operation : operations) {
        switch (operation) {
          case Operation.CheckTemplate(ScheduleSnapshot schedule) ->
              state.templateChecked(schedule, "", "");
          case Operation.Create wanted -> create = wanted;
          default -> {}
        }
      }
      return operations;
    }

    void created() throws IOException {
      job =
          (ObjectNode)
              JSON.readTree(OperationRunner.job(create, PodDefaults.NONE, 1, clock.instant()));
      ((ObjectNode) job.get("metadata"))
          .put("uid", "job-" + create.name())
          .put("creationTimestamp", clock.instant().toString());
      state.created(create, run(), clock.instant());
    }

    void ended() throws IOException {
      job.putObject("status")
          .putArray("conditions")
          .addObject()
          .put("type", "Complete")
          .put("status", "True");
      state.job(run(), clock.instant());
    }

    Run run() throws IOException {
      ((ObjectNode) job.get("metadata")).put("resourceVersion", Long.toString(++version));
      return Run.of(JSON.treeToValue(job, JobResource.class)).orElseThrow();
    }

    boolean holds() {
      return pools.holds(POOL, new JobKey("ns", create.name()));
    }

    String reason() {
      return state.report(clock.instant()).orElseThrow().status().active().getFirst().reason();
    }
  }

  private void bothAreDue() throws IOException {
    one.exists("\"poolRef\":{\"name\":\"small\"},");
    two.exists("\"poolRef\":{\"name\":\"small\"},");
    clock.set(T.plusSeconds(10), 0);
    assertThat(one.step()).hasSize(1);
    assertThat(two.step()).isEmpty();
  }

  @Test
  void theSecondStartsWhenTheFirstHasEnded() throws IOException {
    bothAreDue();
    assertThat(two.reason()).isEqualTo("PoolAtCapacity");
    assertThat(told).contains("PoolAtCapacity");
    assertThat(one.job == null && one.holds()).isTrue();
    one.created();
    turns.clear();

    one.ended();

    assertThat(turns).contains(two.state.key());
    assertThat(two.step()).hasSize(1);
    assertThat(two.holds()).isTrue();
    assertThat(one.holds()).isFalse();
  }

  @Test
  void aRefusedStartGivesItsSlotBack() throws IOException {
    bothAreDue();

    one.state.createFailed(one.create, true, "exceeded quota", clock.instant());
    one.step();

    assertThat(two.step()).hasSize(1);
  }

  @Test
  void anUnansweredStartKeepsItsSlot() throws IOException {
    bothAreDue();

    one.state.createFailed(one.create, false, "timeout", clock.instant());
    one.step();

    assertThat(two.step()).isEmpty();
    assertThat(one.holds()).isTrue();
  }

  @Test
  void aDeletedJobKeepsItsSlotUntilItsPodsAreGone() throws IOException {
    bothAreDue();
    one.created();
    Run run = one.run();
    one.state.job(run, clock.instant());

    one.state.jobGone(run.uid(), clock.instant());
    assertThat(two.step()).isEmpty();

    one.state.resourceGone("one");
    assertThat(two.step()).isEmpty();

    one.state.podsGone(run);
    assertThat(two.step()).hasSize(1);
  }

  @Test
  void whoIsDeletedOrSuspendedWaitsNoMore() throws IOException {
    bothAreDue();
    one.created();
    two.exists("\"suspend\":true,\"poolRef\":{\"name\":\"small\"},");

    one.ended();

    assertThat(pools.holds(POOL, new JobKey("ns", "two-" + T.plusSeconds(10).getEpochSecond())))
        .isFalse();
  }

  @Test
  void aMissingPoolIsACondition() throws IOException {
    one.exists("\"poolRef\":{\"name\":\"other\"},");

    assertThat(one.state.report(clock.instant())).isEmpty();
    assertThat(PoolsForTests.exists(pools, new PoolKey("ns", "other"))).isFalse();
    turns.clear();
    PoolsForTests.put(pools, new PoolKey("ns", "other"), 1);
    assertThat(turns).contains(one.state.key());
    one.step();
    assertThat(one.state.report(clock.instant()).orElseThrow().status().conditions().getFirst())
        .extracting("reason", "status")
        .containsExactly("Scheduled", "True");
  }

  // ---- without a pool

  private static SlotTenant quota(int runningJobs) {
    return new SlotTenant("TenantQuota/team", OptionalInt.of(runningJobs), true);
  }

  private void becomes(SlotTenant other) {
    tenant = other;
    one.state.tenantChanged();
    two.state.tenantChanged();
    pools.tenantChanged("ns");
  }

  private void bothAreDueWithoutPool() throws IOException {
    one.exists("");
    two.exists("");
    clock.set(T.plusSeconds(10), 0);
  }

  @Test
  void withoutPoolOneWaitsForTheSlotsOfItsTenantOnly() throws IOException {
    tenant = quota(1);
    bothAreDueWithoutPool();
    assertThat(one.step()).hasSize(1);
    assertThat(two.step()).isEmpty();
    assertThat(two.reason()).isEqualTo("TenantAtLimit");
    one.created();
    assertThat(two.step()).isEmpty();
    turns.clear();

    one.ended();

    assertThat(turns).contains(two.state.key());
    assertThat(two.step()).hasSize(1);
  }

  @Test
  void theTenantsSlotsAreThoseOfItsPoolsToo() throws IOException {
    tenant = quota(1);
    one.exists("\"poolRef\":{\"name\":\"small\"},");
    two.exists("");
    clock.set(T.plusSeconds(10), 0);
    assertThat(one.step()).hasSize(1);
    assertThat(two.step()).isEmpty();
    one.created();

    one.ended();

    assertThat(two.step()).hasSize(1);
  }

  @Test
  void withoutPoolAndLimitBothStartAtOnce() throws IOException {
    bothAreDueWithoutPool();

    assertThat(one.step()).hasSize(1);
    assertThat(two.step()).hasSize(1);
  }

  @Test
  void whatRunsCountsForAQuotaThatCame() throws IOException {
    bothAreDueWithoutPool();
    assertThat(one.step()).hasSize(1);
    one.created();

    becomes(quota(1));

    assertThat(two.step()).isEmpty();
    assertThat(two.reason()).isEqualTo("TenantAtLimit");
    one.ended();
    assertThat(two.step()).hasSize(1);
  }

  @Test
  void withoutAQuotaAnyMoreNobodyWaits() throws IOException {
    tenant = quota(0);
    bothAreDueWithoutPool();
    assertThat(one.step()).isEmpty();
    assertThat(one.reason()).isEqualTo("TenantAtLimit");

    becomes(SlotTenant.withoutQuota("ns"));

    assertThat(one.step()).hasSize(1);
    assertThat(two.step()).hasSize(1);
  }

  @Test
  void aDeletedJobWithoutPoolKeepsItsSlotUntilItsPodsAreGone() throws IOException {
    tenant = quota(1);
    bothAreDueWithoutPool();
    assertThat(one.step()).hasSize(1);
    assertThat(two.step()).isEmpty();
    one.created();
    Run run = one.run();
    one.state.job(run, clock.instant());

    one.state.resourceGone("one");
    one.state.jobGone(run.uid(), clock.instant());
    assertThat(two.step()).isEmpty();

    one.state.podsGone(run);
    assertThat(two.step()).hasSize(1);
  }
}
