package io.scanwarden.operator.pool;

import static io.scanwarden.operator.pool.Claims.at;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.QueueingStrategy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random lives of a pool. */
class PoolQueuePropertyTest {
  private static final List<String> TENANTS = List.of("a", "b", "c", "d");

  /** What happens in one life, to a queue and to the model of it. */
  private static final class Life {
    private final Random random;
    private final PoolQueue queue = Claims.queue();
    private final PoolModel model = new PoolModel();
    private Instant now = at(1_000);

    Life(Random random) {
      this.random = random;
    }

    void run(int steps) {
      for (int i = 0; i < steps; i++) {
        step();
        if (random.nextInt(3) == 0) {
          startAll();
          compare();
        }
      }
    }

    private void step() {
      now = now.plusMillis(random.nextInt(400));
      JobKey job = new JobKey(tenant(), "job-" + random.nextInt(30));
      switch (random.nextInt(12)) {
        case 0 -> {
          PoolSpec spec = spec();
          queue.configure(spec);
          model.configure(spec);
        }
        case 1 -> {
          queue.withdraw(job);
          model.withdraw(job);
        }
        case 2 -> {
          String tenant = tenant();
          int slots = random.nextInt(4);
          queue.hold(job, tenant, slots);
          model.hold(job, tenant, slots);
        }
        case 3, 4, 5 -> {
          List<JobKey> held = model.held();
          JobKey over = held.isEmpty() ? job : held.get(random.nextInt(held.size()));
          queue.release(over);
          model.release(over);
        }
        default -> {
          PoolClaim claim = claim(job);
          queue.offer(claim);
          model.offer(claim);
        }
      }
    }

    private void startAll() {
      Next next = start();
      while (next instanceof Next.Grant) {
        next = start();
      }
    }

    private Next start() {
      Next next = queue.next(now);
      assertThat(next).isEqualTo(model.next(now));
      if (next instanceof Next.Grant(PoolClaim claim)) {
        assertThat(model.keepsLimits(claim)).isTrue();
      }
      return next;
    }

    private void compare() {
      assertThat(queue.numbers()).isEqualTo(model.numbers());
      assertThat(queue.queue()).extracting(QueuedClaim::claim).isEqualTo(model.queue());
      for (JobKey job : model.waiting.keySet()) {
        assertThat(queue.reason(job)).as(job.toString()).hasValue(model.reason(job));
      }
    }

    private String tenant() {
      return TENANTS.get(random.nextInt(TENANTS.size()));
    }

    private PoolClaim claim(JobKey job) {
      return new PoolClaim(
          job,
          random.nextInt(10) == 0 ? tenant() : job.namespace(),
          random.nextInt(3) - 1,
          at(random.nextInt(5)),
          at(random.nextInt(5)),
          random.nextInt(3) == 0 ? 1 + random.nextInt(5) : 1);
    }

    private PoolSpec spec() {
      return Claims.spec(
          random.nextBoolean() ? QueueingStrategy.FIFO : QueueingStrategy.FAIR_SHARE,
          random.nextInt(10) - 1,
          random.nextInt(6) - 1,
          random.nextBoolean() ? Duration.ZERO : Duration.ofMillis(random.nextInt(1_000)),
          random.nextInt(6) == 0);
    }
  }

  @Property(tries = 400, edgeCases = EdgeCasesMode.NONE)
  void aQueueDoesWhatSortingEverythingEachTimeWould(@ForAll Random random) {
    new Life(random).run(150);
  }

  /** New claims keep coming as fast as Jobs end: those that have come before still start. */
  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void nobodyStarves(
      @ForAll QueueingStrategy strategy,
      @ForAll @IntRange(min = 4, max = 9) int max,
      @ForAll @IntRange(min = 4, max = 9) int perTenant,
      @ForAll Random random) {
    PoolQueue queue = Claims.queue();
    queue.configure(Claims.limits(strategy, max, perTenant));
    Map<JobKey, Integer> since = new HashMap<>();
    Queue<JobKey> running = new ArrayDeque<>();
    int longest = 0;
    for (int round = 0; round < 2_000; round++) {
      // One slot each ends in a round, and about one is asked for anew.
      if (since.size() < 20) {
        JobKey job = new JobKey(TENANTS.get(random.nextInt(TENANTS.size())), "job-" + round);
        int slots = random.nextInt(10) == 0 ? 4 : 1;
        queue.offer(new PoolClaim(job, job.namespace(), 0, at(round), at(round), slots));
        since.put(job, round);
      }
      for (Next next = queue.next(at(round));
          next instanceof Next.Grant(PoolClaim claim);
          next = queue.next(at(round))) {
        running.add(claim.job());
        longest = Math.max(longest, round - requireNonNull(since.remove(claim.job())));
      }
      if (!running.isEmpty()) {
        queue.release(running.remove());
      }
    }
    // 20 before it, each of which may need that all that runs ends first.
    assertThat(longest).isLessThan(20 * max);
    assertThat(new ArrayList<>(since.values())).allMatch(round -> round > 2_000 - 20 * max);
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void startsKeepTheirDistanceWhateverHappens(
      @ForAll @IntRange(min = 1, max = 2_000) int interval, @ForAll Random random) {
    PoolQueue queue = Claims.queue();
    queue.configure(Claims.spec(QueueingStrategy.FIFO, -1, -1, Duration.ofMillis(interval), false));
    Instant now = at(1_000);
    Instant last = now.minusMillis(random.nextInt(interval));
    queue.startedAt(last);
    for (int i = 0; i < 200; i++) {
      queue.offer(Claims.claim("a/" + i, random.nextInt(10)));
      Next next = queue.next(now);
      if (next instanceof Next.Grant) {
        assertThat(Duration.between(last, now).toMillis()).isGreaterThanOrEqualTo(interval);
        last = now;
      } else if (next instanceof Next.Nobody(Instant until)) {
        assertThat(until).isEqualTo(last.plusMillis(interval));
        now = random.nextBoolean() ? until : now;
      }
      now = now.plusMillis(random.nextBoolean() ? 0 : random.nextInt(interval));
    }
  }
}
