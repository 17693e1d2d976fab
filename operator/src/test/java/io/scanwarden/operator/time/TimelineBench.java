package io.scanwarden.operator.time;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

/**
 * Prints what the next instant costs in CPU time and how large a timeline is. Not part of the
 * tests; run it with
 *
 * <pre>mvn -q -pl operator -am test -Dtest=TimelineBench -Dsurefire.failIfNoSpecifiedTests=false
 * </pre>
 */
class TimelineBench {
  private static final Instant FROM = Instant.parse("2026-01-01T00:00:00Z");
  private static final int COUNT = 100_000;

  @Test
  void print() throws InvalidScheduleException {
    for (int warmUp = 0; warmUp < 3; warmUp++) {
      boolean last = warmUp == 2;
      for (String zone : new String[] {"UTC", "Europe/Berlin"}) {
        walk(last, "* * * * *", zone);
        walk(last, "*/5 * * * *", zone);
        walk(last, "0 3 * * 1-5", zone);
        walk(last, "H 3 * * *", zone);
        walk(last, "30 2 13 * 5", zone);
        walk(last, "0 0 1 1 *", zone);
        walk(last, "0 0 29 2 *", zone);
        walk(last, "0 0 29 2 1", zone);
      }
      starts(last);
    }
    memory();
  }

  private static void walk(boolean print, String expression, String zone)
      throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("team/scan").cron("f", expression, ZoneId.of(zone)).build();
    Instant cursor = FROM;
    long begin = cpu();
    for (int i = 0; i < COUNT; i++) {
      cursor = timeline.next(cursor).map(Occurrence::instant).orElse(FROM);
    }
    if (print) {
      System.out.printf("%-14s %-14s %5d ns a next%n", expression, zone, (cpu() - begin) / COUNT);
    }
  }

  private static void starts(boolean print) throws InvalidScheduleException {
    Timeline timeline =
        Timeline.builder("team/scan")
            .cron("f", "0 * * * *", ZoneId.of("Europe/Berlin"))
            .exclude("f", "0 0 * * 6", ZoneId.of("Europe/Berlin"), Duration.ofHours(48))
            .jitter(Duration.ofHours(2))
            .build();
    long begin = cpu();
    long sum = 0;
    for (int i = 0; i < COUNT; i++) {
      sum += timeline.startOf(FROM.plusSeconds(3600L * i)).getEpochSecond();
    }
    if (print && sum != 0) {
      System.out.printf("jitter, hourly but weekends  %5d ns a start%n", (cpu() - begin) / COUNT);
    }
  }

  private static void memory() throws InvalidScheduleException {
    Timeline[] kept = new Timeline[COUNT];
    ZoneId zone = Zones.parse("f", "Europe/Berlin");
    long before = used();
    long begin = cpu();
    for (int i = 0; i < COUNT; i++) {
      String expression = i % 60 + " " + i % 24 + " * * 1-5";
      kept[i] = Timeline.builder("team/scan-" + i).cron("f", expression, zone).build();
    }
    long nanos = cpu() - begin;
    System.out.printf(
        "%d bytes and %d ns to build a timeline of one cron trigger%n",
        (used() - before) / kept.length, nanos / COUNT);
  }

  /** Of this thread, so that a busy machine does not count. */
  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
