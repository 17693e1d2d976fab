package io.scanwarden.operator.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** The Jobs of a namespace as a watch tells of them: when each came to be. */
final class Arrivals implements AutoCloseable {
  private record Arrival(Instant at, String line) {}

  private final List<Arrival> arrivals = Collections.synchronizedList(new ArrayList<>());
  private final List<String> completed = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger count = new AtomicInteger();
  private final AutoCloseable watch;

  Arrivals(ApiServer api, String namespace) {
    watch = api.watch(Workload.JOBS.formatted(namespace), this::line);
  }

  private void line(String line) {
    // What it says is read later: now there is other work to do on this machine.
    if (line.startsWith("{\"type\":\"ADDED\"")) {
      arrivals.add(new Arrival(Instant.now(), line));
      count.incrementAndGet();
    } else if (line.startsWith("{\"type\":\"MODIFIED\"") && line.contains("\"completionTime\"")) {
      completed.add(line);
    }
  }

  /**
   * How long the Jobs took, from creation to completion, in whole seconds; and how often the
   * statuses were written of those that took less than ten.
   *
   * @param statusWrites by schedule
   */
  void describeRuns(ObjectNode into, Map<String, Integer> statusWrites)
      throws JsonProcessingException {
    Map<String, Long> seconds = new HashMap<>();
    for (String line : List.copyOf(completed)) {
      JsonNode job = ApiServer.JSON.readTree(line).path("object");
      Instant created = Instant.parse(job.at("/metadata/creationTimestamp").asText());
      Instant end = Instant.parse(job.at("/status/completionTime").asText());
      String schedule = job.at("/metadata/labels").path("scanwarden.io/schedule").asText();
      seconds.put(schedule, Duration.between(created, end).toSeconds());
    }
    if (seconds.isEmpty()) {
      return;
    }
    List<Long> sorted = seconds.values().stream().sorted().toList();
    ObjectNode runs = into.putObject("secondsFromCreationToCompletion");
    runs.put("median", sorted.get(sorted.size() / 2));
    runs.put("last", sorted.getLast());
    List<String> brief =
        seconds.entrySet().stream().filter(e -> e.getValue() < 10).map(Map.Entry::getKey).toList();
    runs.put("shorterThan10", brief.size());
    brief.stream()
        .mapToInt(schedule -> statusWrites.getOrDefault(schedule, 0))
        .average()
        .ifPresent(n -> into.put("statusWritesPerRunShorterThan10s", Figures.round(n, 2)));
  }

  int count() {
    return count.get();
  }

  /** Delays after the due instant, and the rate. To be called when all have come. */
  double describe(Instant due, ObjectNode into) throws JsonProcessingException {
    List<Arrival> all = List.copyOf(arrivals); // more may come
    into.put("jobs", all.size());
    Set<String> names = new HashSet<>();
    List<Instant> seen = new ArrayList<>();
    List<Instant> admitted = new ArrayList<>();
    for (Arrival arrival : all) {
      JsonNode metadata = ApiServer.JSON.readTree(arrival.line()).path("object").path("metadata");
      names.add(metadata.path("name").asText());
      seen.add(arrival.at());
      String at = metadata.path("annotations").path("scanwarden.io/admitted-at").asText("");
      if (!at.isEmpty()) {
        admitted.add(Instant.parse(at));
      }
    }
    into.put("namesTwice", all.size() - names.size());
    delays(due, seen, into.putObject("millisecondsAfterDueBySeen"));
    if (!admitted.isEmpty()) {
      delays(due, admitted, into.putObject("millisecondsAfterDueByAdmittedAt"));
    }
    double rate = rate(all);
    into.put("jobsPerSecond", Figures.round(rate, 1));
    return rate;
  }

  /** Jobs a second, from the first to the last. To be called when all have come. */
  double rate() {
    return rate(List.copyOf(arrivals));
  }

  private static double rate(List<Arrival> all) {
    return Figures.perSecond(all.stream().map(Arrival::at).toList());
  }

  private static void delays(Instant due, List<Instant> times, ObjectNode into) {
    Figures.spread(times.stream().map(t -> Figures.milliseconds(due, t)).toList(), into);
  }

  @Override
  public void close() throws Exception {
    watch.close();
  }
}
