package io.scanwarden.operator.bench;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The statuses of a namespace's schedules as a watch tells of them. */
final class Statuses implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("\"name\":\"([^\"]+)\"");
  private static final Pattern QUEUED = Pattern.compile("\"queued\":(\\d+)");
  private static final Pattern SUCCEEDED = Pattern.compile("\"succeeded\":(\\d+)");

  private record Write(Instant at, String schedule) {}

  private final Set<String> ready = ConcurrentHashMap.newKeySet();
  private final Map<String, Integer> queued = new ConcurrentHashMap<>();
  private final Map<String, Integer> succeeded = new ConcurrentHashMap<>();
  private final AtomicInteger allQueued = new AtomicInteger();
  private final AtomicInteger allSucceeded = new AtomicInteger();
  private final List<Write> writes = Collections.synchronizedList(new ArrayList<>());
  private volatile @Nullable Instant lastSucceeded;
  private final AutoCloseable watch;

  /** Watches from now on. */
  Statuses(ApiServer api, String namespace) {
    watch = api.watch(Workload.SCHEDULES.formatted(namespace), this::line);
  }

  private void line(String line) {
    Matcher name = NAME.matcher(line);
    if (!name.find()) {
      return;
    }
    String schedule = name.group(1);
    if (line.startsWith("{\"type\":\"DELETED\"")) {
      ready.remove(schedule);
      allQueued.addAndGet(-number(queued.remove(schedule)));
      allSucceeded.addAndGet(-number(succeeded.remove(schedule)));
      return;
    }
    writes.add(new Write(Instant.now(), schedule));
    if (line.contains("\"reason\":\"Scheduled\"")) {
      ready.add(schedule);
    }
    count(QUEUED, line, schedule, queued, allQueued);
    if (count(SUCCEEDED, line, schedule, succeeded, allSucceeded)) {
      lastSucceeded = Instant.now();
    }
  }

  private static boolean count(
      Pattern pattern,
      String line,
      String schedule,
      Map<String, Integer> known,
      AtomicInteger all) {
    Matcher found = pattern.matcher(line);
    int now = found.find() ? Integer.parseInt(found.group(1)) : 0;
    int more = now - number(known.put(schedule, now));
    all.addAndGet(more);
    return more > 0;
  }

  private static int number(@Nullable Integer known) {
    return known == null ? 0 : known;
  }

  /** How many schedules have been ready. */
  int ready() {
    return ready.size();
  }

  /** How many runs wait. */
  int queued() {
    return allQueued.get();
  }

  /** How many runs have succeeded. */
  int succeeded() {
    return allSucceeded.get();
  }

  /** When the number of those that have succeeded last grew. */
  @Nullable Instant lastSucceeded() {
    return lastSucceeded;
  }

  /** How often each schedule was written since then. */
  Map<String, Integer> writes(Instant since) {
    Map<String, Integer> count = new HashMap<>();
    List.copyOf(writes).stream()
        .filter(write -> write.at().isAfter(since))
        .forEach(write -> count.merge(write.schedule(), 1, Integer::sum));
    return count;
  }

  @Override
  public void close() throws Exception {
    watch.close();
  }
}
