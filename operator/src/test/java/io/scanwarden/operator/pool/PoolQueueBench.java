package io.scanwarden.operator.pool;

import io.scanwarden.api.v1alpha1.QueueingStrategy;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/**
 * Prints what an offer, an end and the start that it makes room for cost together in CPU time,
 * while many wait. Not part of the tests; run it with
 *
 * <pre>
 * mvn -q -pl operator -am test -Dtest=PoolQueueBench -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 */
class PoolQueueBench {
  private static final int SLOTS = 200;
  private static final int STARTS = 100_000;

  @Test
  void print() {
    for (int warmUp = 0; warmUp < 3; warmUp++) {
      for (QueueingStrategy strategy : QueueingStrategy.values()) {
        for (int tenants : new int[] {1, 100}) {
          for (int waiting : new int[] {1_000, 10_000, 100_000}) {
            measure(warmUp == 2, strategy, tenants, waiting);
          }
        }
      }
    }
  }

  private static void measure(boolean print, QueueingStrategy strategy, int tenants, int waiting) {
    PoolQueue queue = Claims.queue();
    queue.configure(Claims.limits(strategy, SLOTS, -1));
    for (int i = 0; i < waiting; i++) {
      queue.offer(claim(i, tenants));
    }
    JobKey[] running = new JobKey[SLOTS];
    for (int i = 0; i < SLOTS; i++) {
      running[i] = start(queue);
    }
    PoolClaim[] more = new PoolClaim[STARTS];
    for (int i = 0; i < STARTS; i++) {
      more[i] = claim(waiting + i, tenants);
    }
    long begin = cpu();
    for (int i = 0; i < STARTS; i++) {
      queue.offer(more[i]);
      queue.release(running[i % SLOTS]);
      running[i % SLOTS] = start(queue);
    }
    if (print) {
      System.out.printf(
          "%-10s %3d tenants, %6d waiting: %5d ns for an offer, an end and a start%n",
          strategy, tenants, waiting, (cpu() - begin) / STARTS);
    }
  }

  private static PoolClaim claim(int number, int tenants) {
    return Claims.claim("team-" + number % tenants + "/scan-" + number, number);
  }

  private static JobKey start(PoolQueue queue) {
    return ((Next.Grant) queue.next(Claims.at(1_000_000))).claim().job();
  }

  /** Of this thread, so that a busy machine does not count. */
  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
