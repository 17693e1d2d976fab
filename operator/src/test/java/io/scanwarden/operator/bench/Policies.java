package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.operator.run.JobFactory;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * {@code dev/bench policies}: what the admission policies cost the API server for each Job that is
 * created. No controller works on these Jobs, so that the creates are all that is measured.
 */
final class Policies {
  private static final String NO_POLICIES = "dev.scanwarden.io/without-policies";
  private static final String BINDINGS =
      "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

  private static final int ROUNDS = 6;
  private static final int AT_A_TIME = 8;

  private final Cluster cluster;
  private final int count;
  private final Figures figures;
  private final String with = "bench-with-" + Instant.now().getEpochSecond();
  private final String without = "bench-without-" + Instant.now().getEpochSecond();

  Policies(Cluster cluster, int count, Figures figures) {
    this.cluster = cluster;
    this.count = count;
    this.figures = figures;
  }

  /** Makes the bodies of so many Jobs of a kind. */
  private interface Kind {
    byte[] job(int i) throws IOException;
  }

  void run() throws IOException {
    cluster.namespace(with);
    cluster.namespace(without);
    cluster.kubectl("label", "namespace", without, NO_POLICIES + "=yes");
    selectNamespaces("{\"matchExpressions\":[{\"key\":\"%s\",\"operator\":\"DoesNotExist\"}]}");
    // The API server looks at policies that have changed once a second.
    Cluster.pause(Duration.ofSeconds(3));
    try (ApiServer operator = cluster.asOperator(HttpClient.Version.HTTP_1_1)) {
      ObjectNode root = figures.root();
      root.put("jobs", count);
      ObjectNode into = root.putObject("apiServerCpuMillisecondsPerCreate");
      ApiServer anybody = cluster.admin();
      measure(into.putObject("unrelatedJob"), anybody, i -> Workload.suspendedJob(i, Map.of()));
      measure(
          into.putObject("jobWithPoolLabel"),
          anybody,
          i -> Workload.suspendedJob(i, Map.of("scanwarden.io/pool", "nightly")));
      long term = cluster.term();
      JobFactory.Owner owner = new JobFactory.Owner("", Workload.name(0), "1");
      measure(
          into.putObject("runOfASchedule"),
          operator,
          i ->
              Workload.suspended(
                  Workload.job(owner, Instant.ofEpochSecond(1_900_000_000L + i), term)));
    } finally {
      selectNamespaces("null");
      cluster.kubectl("delete", "namespace", with, without, "--wait=false");
    }
  }

  /** By turns, so that a machine that gets slower does so for both. */
  private void measure(ObjectNode into, ApiServer user, Kind kind) throws IOException {
    byte[][] jobs = new byte[count][];
    for (int i = 0; i < count; i++) {
      jobs[i] = kind.job(i);
    }
    create(user, with, jobs);
    create(user, without, jobs);
    List<Double> costs = new ArrayList<>();
    List<Double> baseline = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      baseline.add(create(user, without, jobs));
      costs.add(create(user, with, jobs));
    }
    double cost = median(costs);
    double base = median(baseline);
    into.put("without", Figures.round(base, 3));
    into.put("with", Figures.round(cost, 3));
    into.put("more", Figures.round(cost - base, 3));
    into.put("ratio", Figures.round(cost / base, 2));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return (sorted.get((ROUNDS - 1) / 2) + sorted.get(ROUNDS / 2)) / 2;
  }

  private double create(ApiServer user, String namespace, byte[][] jobs) {
    Map<String, Long> processes = cluster.processes();
    String path = Workload.JOBS.formatted(namespace);
    Usage before = Usage.ofProcesses(processes);
    Workload.each(count, AT_A_TIME, i -> user.create(path, jobs[i]));
    double seconds =
        Usage.ofProcesses(processes).since(before).cpu().getOrDefault("kube-apiserver", 0.0);
    cluster.clean(namespace);
    return seconds * 1000 / count;
  }

  /**
   * Limits all policies to namespaces. Their bindings stay: when the last one goes that has a Lease
   * as its parameter, the API server does not follow the Lease any more.
   */
  private void selectNamespaces(String selector) {
    for (var binding : cluster.admin().get(BINDINGS).path("items")) {
      cluster.kubectl(
          "patch",
          "validatingadmissionpolicybinding",
          binding.at("/metadata/name").asText(),
          "--type=merge",
          "-p",
          "{\"spec\":{\"matchResources\":{\"namespaceSelector\":%s}}}"
              .formatted(selector.formatted(NO_POLICIES)));
    }
  }
}
