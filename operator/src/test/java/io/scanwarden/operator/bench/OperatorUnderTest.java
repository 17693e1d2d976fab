package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The operator as a process of its own, as it is shipped: a JVM of ordinary settings. */
final class OperatorUnderTest implements AutoCloseable {
  /** Who has asked for nothing for so long is at rest. */
  static final Duration REST = Duration.ofSeconds(10);

  private static final Pattern PORT = Pattern.compile("HTTP server listening on port (\\d+)");
  private static final Pattern LEADS = Pattern.compile("Leading in term (\\d+):");

  private final Process process;
  private final Path log;
  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  /** Starts it, and waits until it leads. */
  OperatorUnderTest(Path kubeconfig, List<String> jvmFlags, List<String> options, Duration longest)
      throws IOException {
    this.log = Path.of("target", "bench-operator.log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", System.getProperty("operator.class.path")));
    command.addAll(List.of("io.scanwarden.operator.Main", "run"));
    command.addAll(List.of("--kubeconfig", kubeconfig.toString()));
    command.addAll(List.of("--http-port", "0", "--http-address", "127.0.0.1"));
    command.addAll(options);
    this.process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    this.port = Integer.parseInt(logged(PORT, longest));
    String term = logged(LEADS, longest);
    Bench.say("  the operator leads (term %s)".formatted(term));
  }

  long pid() {
    return process.pid();
  }

  private String logged(Pattern pattern, Duration longest) {
    String[] found = new String[1];
    Cluster.await(
        "the operator to log " + pattern + ", see " + log,
        longest,
        () -> {
          try {
            Matcher matcher = pattern.matcher(Files.readString(log));
            if (matcher.find()) {
              found[0] = matcher.group(1);
            } else if (!process.isAlive()) {
              throw new IllegalStateException("the operator has ended: " + log);
            }
            return found[0] != null;
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
        });
    return found[0];
  }

  private List<String> metrics() {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
              BodyHandlers.ofString())
          .body()
          .lines()
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A gauge or counter; the sum over all its labels that match. */
  double metric(String name, String... labels) {
    return metrics().stream()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> List.of(labels).stream().allMatch(line::contains))
        .mapToDouble(Usage::value)
        .sum();
  }

  /** What the operator has asked of the API server, by verb, or by verb and resource for writes. */
  Map<String, Double> requests(boolean writes) {
    String name =
        writes ? "scanwarden_api_writes_total{" : "scanwarden_api_request_duration_seconds_count{";
    Map<String, Double> requests = new TreeMap<>();
    metrics().stream()
        .filter(line -> line.startsWith(name))
        .forEach(
            line -> {
              Map<String, String> labels = Usage.labels(line);
              String kind =
                  labels.getOrDefault("verb", "") + " " + labels.getOrDefault("resource", "");
              requests.merge(kind.strip(), Usage.value(line), Double::sum);
            });
    return requests;
  }

  /** What the operator has written since then, by verb and resource, for each of so many Jobs. */
  void writesPerJob(Map<String, Double> before, int jobs, ObjectNode into) {
    requests(true)
        .forEach(
            (kind, n) ->
                into.put(kind, Figures.round((n - before.getOrDefault(kind, 0.0)) / jobs, 3)));
  }

  /**
   * Waits until it knows so many schedules, has no status to write and asks for nothing any more.
   */
  void awaitRest(int schedules, Duration longest) {
    double[] last = {-1};
    long[] since = {System.nanoTime()};
    Cluster.await(
        "the operator to come to rest",
        longest,
        () -> {
          Cluster.pause(Duration.ofMillis(500));
          double now = requests(false).values().stream().mapToDouble(Double::doubleValue).sum();
          if (now != last[0] || metric("scanwarden_reports_waiting") > 0) {
            last[0] = now;
            since[0] = System.nanoTime();
          }
          return metric("scanwarden_schedules") >= schedules
              && System.nanoTime() - since[0] > REST.toNanos();
        });
  }

  /** MiB of live objects, after a collection. */
  double liveHeap() {
    Cluster.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
            Long.toString(pid()),
            "GC.run"));
    return metric("jvm_memory_used_bytes", "area=\"heap\"") / (1 << 20);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(15, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.shutdownNow();
  }
}
