package io.scanwarden.operator.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Jobs of a namespace as a watch tells of them: when each started, that is was there and not
 * suspended, and that it has ended.
 */
final class Starts implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("\"name\":\"([^\"]+)\"");

  /** The watch's line that told of a start, and when. */
  record Start(Instant at, String line) {
    JsonNode metadata() {
      try {
        return ApiServer.JSON.readTree(line).path("object").path("metadata");
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private final Consumer<String> started;
  private final Consumer<String> ended;
  private final List<Start> starts = new ArrayList<>();
  private final Set<String> names = new HashSet<>();
  private final Set<String> over = new HashSet<>();
  private int runningAtMost;
  private final AutoCloseable watch;

  /**
   * Watches from now on.
   *
   * @param started told the name of each Job that has started
   * @param ended told the name of each Job that has ended
   */
  Starts(ApiServer api, String namespace, Consumer<String> started, Consumer<String> ended) {
    this.started = started;
    this.ended = ended;
    watch = api.watch(Workload.JOBS.formatted(namespace), this::line);
  }

  private void line(String line) {
    Matcher name = NAME.matcher(line);
    if (line.startsWith("{\"type\":\"DELETED\"")
        || !line.contains("\"suspend\":false")
        || !name.find()) {
      return;
    }
    String job = name.group(1);
    if (begins(job, line)) {
      started.accept(job);
    }
    if (line.contains("\"type\":\"Complete\"") && ends(job)) {
      ended.accept(job);
    }
  }

  private synchronized boolean begins(String job, String line) {
    boolean begins = names.add(job);
    if (begins) {
      starts.add(new Start(Instant.now(), line));
      runningAtMost = Math.max(runningAtMost, names.size() - over.size());
    }
    return begins;
  }

  private synchronized boolean ends(String job) {
    return over.add(job);
  }

  /** How many have started. */
  synchronized int count() {
    return starts.size();
  }

  /** How many have ended. */
  synchronized int ended() {
    return over.size();
  }

  /** How many ran at the same time at most, by the order of the watch. */
  synchronized int runningAtMost() {
    return runningAtMost;
  }

  /** The starts so far, in their order. */
  synchronized List<Start> all() {
    return List.copyOf(starts);
  }

  /** Starts a second, from the first to the last. */
  double rate() {
    return Figures.perSecond(all().stream().map(Start::at).toList());
  }

  @Override
  public void close() throws Exception {
    watch.close();
  }
}
