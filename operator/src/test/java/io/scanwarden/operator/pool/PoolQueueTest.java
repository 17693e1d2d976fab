package io.scanwarden.operator.pool;

import static io.scanwarden.api.v1alpha1.QueueingStrategy.FAIR_SHARE;
import static io.scanwarden.api.v1alpha1.QueueingStrategy.FIFO;
import static io.scanwarden.operator.pool.Claims.at;
import static io.scanwarden.operator.pool.Claims.claim;
import static io.scanwarden.operator.pool.Claims.job;
import static io.scanwarden.operator.pool.Claims.limits;
import static io.scanwarden.operator.pool.Claims.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PoolQueueTest {
  private static final Instant NOW = at(1_000);

  private final PoolQueue queue = Claims.queue();

  @Test
  void firstIsTheHighestPriorityThenTheEarliestThenTheName() {
    queue.offer(new PoolClaim(job("b/late"), "b", 0, at(2), at(2), 1));
    queue.offer(new PoolClaim(job("b/created-later"), "b", 0, at(1), at(2), 1));
    queue.offer(new PoolClaim(job("b/z"), "b", 0, at(1), at(1), 1));
    queue.offer(new PoolClaim(job("a/z"), "a", 0, at(1), at(1), 1));
    queue.offer(new PoolClaim(job("b/y"), "b", 0, at(1), at(1), 1));
    queue.offer(new PoolClaim(job("a/urgent"), "a", 5, at(9), at(9), 1));
    queue.offer(new PoolClaim(job("a/idle"), "a", -5, at(0), at(0), 1));
    queue.configure(limits(FIFO, 0, -1));
    assertThat(queue.queue())
        .extracting(queued -> queued.claim().job().toString())
        .containsExactly("a/urgent", "b/y", "a/z", "b/z", "b/created-later", "b/late", "a/idle");
    assertThat(queue.queue()).extracting(QueuedClaim::position).startsWith(1, 2, 3);

    queue.configure(limits(FIFO, -1, -1));

    assertThat(starts())
        .containsExactly("a/urgent", "b/y", "a/z", "b/z", "b/created-later", "b/late", "a/idle");
  }

  @Test
  void aGrantTakesItsSlotsAtOnce() {
    queue.configure(limits(FIFO, 2, -1));
    offer("a/1", "a/2", "a/3");

    assertThat(starts()).containsExactly("a/1", "a/2");
    assertThat(queue.numbers()).isEqualTo(new PoolNumbers(2, 1, Optional.of(at(3))));
    assertThat(reason("a/3")).isEqualTo("PoolAtCapacity");
    queue.offer(claim("a/1", 1));
    assertThat(queue.numbers().queued()).as("what has slots does not wait").isEqualTo(1);

    queue.release(job("a/1"));

    assertThat(starts()).containsExactly("a/3");
    assertThat(queue.numbers()).isEqualTo(new PoolNumbers(2, 0, Optional.empty()));
    assertThat(queue.reason(job("a/3"))).isEmpty();
    queue.hold(job("a/3"), "a", 1);
    assertThat(queue.numbers().running()).as("told again").isEqualTo(2);
  }

  @Test
  void aRefusedStartGivesItsSlotBackAndWaitsAgain() {
    queue.configure(limits(FIFO, 1, -1));
    offer("a/1", "a/2");
    assertThat(starts()).containsExactly("a/1");

    queue.release(job("a/1"));
    queue.offer(claim("a/1", 1));

    assertThat(starts()).containsExactly("a/1");
    queue.release(job("a/1"));
    queue.release(job("a/1"));
    assertThat(starts()).containsExactly("a/2");
    assertThat(queue.numbers().running()).isEqualTo(1);
  }

  @Test
  void whatRunsGoesOnWhenTheCapIsLowered() {
    queue.configure(limits(FIFO, 3, -1));
    offer("a/1", "a/2", "a/3", "a/4");
    assertThat(starts()).hasSize(3);

    queue.configure(limits(FIFO, 1, -1));
    assertThat(queue.numbers().running()).isEqualTo(3);
    queue.release(job("a/1"));
    queue.release(job("a/2"));
    assertThat(starts()).isEmpty();

    queue.release(job("a/3"));
    assertThat(starts()).containsExactly("a/4");
  }

  @Test
  void whatRunsUnaskedCounts() {
    queue.configure(limits(FIFO, 2, -1));
    offer("a/1", "a/2");
    queue.hold(job("b/unasked"), "b", 5);
    assertThat(starts()).isEmpty();

    queue.hold(job("b/unasked"), "b", 1);
    assertThat(starts()).containsExactly("a/1");
    queue.hold(job("a/2"), "a", 1);
    assertThat(queue.numbers()).isEqualTo(new PoolNumbers(3, 0, Optional.empty()));
  }

  @Test
  void zeroIsNothingAndAbsentUnlimited() {
    offer("a/1", "a/2");
    queue.configure(limits(FIFO, 0, -1));
    assertThat(starts()).isEmpty();
    assertThat(reason("a/1")).isEqualTo("PoolAtCapacity");

    queue.configure(limits(FIFO, -1, 0));
    assertThat(starts()).isEmpty();
    assertThat(reason("a/1")).isEqualTo("TenantAtLimit");

    queue.configure(limits(FIFO, -1, -1));
    assertThat(starts()).hasSize(2);
  }

  @Test
  void aTenantAtItsLimitIsPassedOver() {
    queue.configure(limits(FIFO, 4, 2));
    offer("a/1", "a/2", "a/3", "b/4");

    assertThat(starts()).containsExactly("a/1", "a/2", "b/4");
    assertThat(reason("a/3")).isEqualTo("TenantAtLimit");

    queue.release(job("b/4"));
    assertThat(starts()).isEmpty();
    queue.release(job("a/2"));
    assertThat(starts()).containsExactly("a/3");
  }

  @Test
  void whatNeedsSeveralSlotsKeepsItsTurn() {
    queue.configure(limits(FIFO, 3, -1));
    queue.hold(job("a/running"), "a", 1);
    queue.offer(claim("a/large", 1, 3));
    queue.offer(claim("b/small", 2, 1));

    assertThat(starts()).isEmpty();
    assertThat(reason("a/large")).isEqualTo("PoolAtCapacity");
    assertThat(reason("b/small")).isEqualTo("PoolAtCapacity");

    queue.release(job("a/running"));
    assertThat(starts()).containsExactly("a/large");
    queue.release(job("a/large"));
    assertThat(starts()).containsExactly("b/small");
  }

  /** Or it would never have its turn. */
  @Test
  void whatNeedsSeveralSlotsOfItsTenantIsNotOvertakenByThatTenant() {
    queue.configure(limits(FIFO, -1, 3));
    queue.hold(job("a/running"), "a", 1);
    queue.offer(claim("a/large", 1, 3));
    queue.offer(claim("a/small", 2, 1));
    queue.offer(claim("b/small", 3, 3));

    assertThat(starts()).containsExactly("b/small");
    assertThat(reason("a/large")).isEqualTo("TenantAtLimit");
    assertThat(reason("a/small")).isEqualTo("TenantAtLimit");
  }

  @Test
  void whatIsTooLargeStandsInNobodysWay() {
    queue.configure(limits(FIFO, 4, 2));
    queue.offer(claim("a/5", 1, 5));
    queue.offer(claim("a/3", 2, 3));
    queue.offer(claim("a/2", 3, 2));

    assertThat(starts()).containsExactly("a/2");
    assertThat(reason("a/5")).isEqualTo("JobTooLarge");
    assertThat(reason("a/3")).isEqualTo("JobTooLarge");
    assertThat(queue.queue())
        .extracting(queued -> queued.claim().job().toString())
        .containsExactly("a/5", "a/3");

    queue.configure(limits(FIFO, 4, -1));
    assertThat(reason("a/3")).isEqualTo("PoolAtCapacity");
    queue.release(job("a/2"));
    assertThat(starts()).containsExactly("a/3");
    queue.withdraw(job("a/5"));
    assertThat(queue.numbers().queued()).isZero();
  }

  @Test
  void fairShareGivesTheNextSlotToWhoeverHasTheFewest() {
    queue.configure(limits(FAIR_SHARE, 3, -1));
    offer("a/1", "a/2", "a/3", "a/4", "b/5", "b/6");

    assertThat(starts()).containsExactly("a/1", "b/5", "a/2");
    queue.release(job("a/1"));
    assertThat(starts()).as("one each, the earlier is first").containsExactly("a/3");
    queue.release(job("a/2"));
    queue.release(job("a/3"));
    assertThat(starts()).containsExactly("a/4", "b/6");
  }

  @Test
  void priorityCountsWithinATenantOnlyWhereSharesAreFair() {
    queue.configure(limits(FAIR_SHARE, 1, -1));
    queue.offer(new PoolClaim(job("a/urgent"), "a", 100, at(3), at(3), 1));
    queue.offer(new PoolClaim(job("a/first"), "a", 0, at(1), at(1), 1));
    queue.offer(new PoolClaim(job("b/early"), "b", 0, at(2), at(2), 1));

    List<String> order = new ArrayList<>();
    for (List<String> next = starts(); !next.isEmpty(); next = starts()) {
      order.addAll(next);
      queue.release(job(next.getFirst()));
    }
    assertThat(order).containsExactly("b/early", "a/urgent", "a/first");
  }

  @Test
  void fairShareDoesNotLetALongQueueKeepTheOthersWaiting() {
    queue.configure(limits(FAIR_SHARE, 2, -1));
    for (int i = 0; i < 1_000; i++) {
      queue.offer(claim("a/%04d".formatted(i), i));
    }
    List<String> running = new ArrayList<>(starts());
    for (int i = 0; i < 10; i++) {
      queue.offer(claim("b/%04d".formatted(i), 5_000 + i));
    }

    int starts = 0;
    int left = 10;
    while (left > 0) {
      queue.release(job(running.removeFirst()));
      for (String start : starts()) {
        running.add(start);
        starts++;
        left -= start.startsWith("b/") ? 1 : 0;
      }
    }
    assertThat(starts).isLessThanOrEqualTo(20);
  }

  @Test
  void startsKeepTheirDistance() {
    queue.configure(spec(FIFO, 10, -1, Duration.ofMillis(500), false));
    queue.startedAt(NOW.minusMillis(200));
    offer("a/1", "a/2");

    assertThat(queue.next(NOW)).isEqualTo(new Next.Nobody(NOW.plusMillis(300)));
    assertThat(reason("a/1")).isEqualTo("StartInterval");
    assertThat(queue.next(NOW.plusMillis(300))).isInstanceOf(Next.Grant.class);
    assertThat(queue.next(NOW.plusMillis(301))).isEqualTo(new Next.Nobody(NOW.plusMillis(800)));
    assertThat(queue.next(NOW.plusMillis(800))).isInstanceOf(Next.Grant.class);
    assertThat(queue.next(NOW.plusMillis(801))).isEqualTo(new Next.Nobody(Instant.MAX));
  }

  @Test
  void onlyThoseForWhichThereAreSlotsWaitForTheInterval() {
    queue.configure(spec(FIFO, 3, 2, Duration.ofSeconds(1), false));
    offer("a/1", "a/2", "a/3", "b/4", "b/5");
    assertThat(queue.next(NOW)).isInstanceOf(Next.Grant.class);
    assertThat(queue.next(NOW)).isInstanceOf(Next.Nobody.class);

    assertThat(reason("a/2")).isEqualTo("StartInterval");
    assertThat(reason("a/3")).isEqualTo("TenantAtLimit");
    assertThat(reason("b/4")).isEqualTo("StartInterval");
    assertThat(reason("b/5")).isEqualTo("PoolAtCapacity");
  }

  @Test
  void aClockThatWasSetBackPutsOffNothingForLong() {
    queue.configure(spec(FIFO, -1, -1, Duration.ofSeconds(1), false));
    queue.startedAt(NOW.plusSeconds(3_600));
    offer("a/1");

    assertThat(queue.next(NOW)).isEqualTo(new Next.Nobody(NOW.plusSeconds(1)));
    assertThat(queue.next(NOW.plusSeconds(1))).isInstanceOf(Next.Grant.class);
  }

  @Test
  void aSuspendedPoolStartsNothing() {
    queue.configure(spec(FIFO, 5, -1, Duration.ZERO, true));
    offer("a/1");
    queue.offer(claim("a/large", 0, 6));

    assertThat(queue.next(NOW)).isEqualTo(new Next.Nobody(Instant.MAX));
    assertThat(reason("a/1")).isEqualTo("PoolSuspended");
    assertThat(reason("a/large")).isEqualTo("JobTooLarge");

    queue.configure(spec(FIFO, 5, -1, Duration.ZERO, false));
    assertThat(starts()).containsExactly("a/1");
  }

  @Test
  void aClaimThatHasChangedTakesItsNewPlace() {
    queue.configure(limits(FIFO, 1, -1));
    offer("a/1", "a/2");
    queue.offer(new PoolClaim(job("a/2"), "b", 9, at(2), at(2), 1));
    assertThat(queue.numbers().queued()).isEqualTo(2);

    assertThat(starts()).containsExactly("a/2");
  }

  @Test
  void aClaimTakesAtLeastOneSlot() {
    assertThatThrownBy(() -> claim("a/1", 1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a/1");
  }

  /** Each due at the second that its name ends with. */
  private void offer(String... jobs) {
    for (String job : jobs) {
      queue.offer(claim(job, Integer.parseInt(job.substring(job.indexOf('/') + 1))));
    }
  }

  private List<String> starts() {
    List<String> starts = new ArrayList<>();
    Next next = queue.next(NOW);
    while (next instanceof Next.Grant(PoolClaim claim)) {
      starts.add(claim.job().toString());
      next = queue.next(NOW);
    }
    return starts;
  }

  private String reason(String job) {
    return queue.reason(job(job)).orElseThrow().toString();
  }
}
