package io.scanwarden.operator.bench;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.internal.SSLUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;

/**
 * The control plane that is measured on: its processes, an administrator, and the operator's
 * ServiceAccount.
 */
final class Cluster implements AutoCloseable {
  private static final String SYSTEM = "scanwarden-system";
  private static final Duration LONGEST_CLEANING = Duration.ofMinutes(5);

  private final String name;
  private final Path kubeconfig;
  private final Path kubectl;
  private final Config config;
  private final SSLContext adminSsl;
  private final SSLContext anybodySsl;
  private final ApiServer admin;
  private final String token;

  private Cluster(String name) throws IOException, GeneralSecurityException {
    this.name = name;
    String environment = run(List.of("dev/cluster", "env", "--name", name));
    this.kubeconfig = Path.of(exported(environment, "KUBECONFIG"));
    this.kubectl = Path.of(exported(environment, "PATH").replace(":$PATH", ""), "kubectl");
    this.config = Config.fromKubeconfig(kubeconfig.toFile());
    this.adminSsl = SSLUtils.sslContext(config);
    this.anybodySsl = SSLUtils.sslContext(null, SSLUtils.trustManagers(config));
    this.admin = new ApiServer(url(), adminSsl, null, HttpClient.Version.HTTP_1_1);
    kubectl("apply", "--namespace", SYSTEM, "-f", "operator/manifests/00-namespace.yaml");
    kubectl("apply", "--namespace", SYSTEM, "-f", "operator/manifests");
    kubectl("apply", "-f", "crds/manifests");
    await("the resources to be served", Duration.ofMinutes(1), this::served);
    this.token =
        kubectl("create", "token", "scanwarden", "--namespace", SYSTEM, "--duration=6h").strip();
  }

  static Cluster open() throws IOException, GeneralSecurityException {
    String name = System.getenv("SCANWARDEN_TEST_CLUSTER");
    if (name == null) {
      throw new IllegalStateException("run it by dev/bench");
    }
    return new Cluster(name);
  }

  private boolean served() {
    try {
      admin.get("/apis/scanwarden.io/v1alpha1/scanschedules");
      admin.get("/apis/scanwarden.io/v1alpha1/workerpools");
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** For what is prepared, looked at and cleaned up; exempt from priority and fairness. */
  ApiServer admin() {
    return admin;
  }

  /** As the operator's ServiceAccount. */
  ApiServer asOperator(HttpClient.Version version) {
    return new ApiServer(url(), anybodySsl, token, version);
  }

  private String url() {
    return config.getMasterUrl();
  }

  /** A kubeconfig of the operator's ServiceAccount. */
  Path operatorKubeconfig() throws IOException {
    Path file = Path.of("target", "bench-operator.kubeconfig").toAbsolutePath();
    Files.writeString(
        file,
        """
        apiVersion: v1
        kind: Config
        current-context: scanwarden
        contexts: [{name: scanwarden, context: {cluster: local, user: scanwarden, namespace: %s}}]
        clusters: [{name: local, cluster: {server: "%s", certificate-authority-data: "%s"}}]
        users: [{name: scanwarden, user: {token: "%s"}}]
        """
            .formatted(SYSTEM, url(), config.getCaCertData(), token));
    return file;
  }

  /** The term in which the operator's ServiceAccount may create Jobs. */
  long term() {
    String leases = "/apis/coordination.k8s.io/v1/namespaces/" + SYSTEM + "/leases";
    if (admin.count(leases) == 0) {
      admin.create(
          leases,
          "{\"metadata\":{\"name\":\"scanwarden\"},\"spec\":{\"leaseTransitions\":0}}"
              .getBytes(StandardCharsets.UTF_8));
    }
    return admin.get(leases + "/scanwarden").at("/spec/leaseTransitions").asLong();
  }

  /** The control plane's processes by name, and the benchmark's own. */
  Map<String, Long> processes() {
    Map<String, Long> processes = new LinkedHashMap<>();
    run(List.of("dev/cluster", "status", "--name", name))
        .lines()
        .map(line -> line.trim().split(" +", -1))
        .filter(parts -> parts.length == 5 && parts[2].chars().allMatch(Character::isDigit))
        .forEach(parts -> processes.put(parts[0], Long.valueOf(parts[2])));
    processes.put("benchmark", ProcessHandle.current().pid());
    return processes;
  }

  /** Starts the controller manager anew with these flags above those it has. */
  void restartControllerManager(List<String> flags) {
    List<String> command =
        new ArrayList<>(
            List.of("dev/cluster", "restart", "kube-controller-manager", "--name", name));
    flags.forEach(flag -> command.add("--controller-manager-flag=" + flag));
    run(command);
  }

  String kubectl(String... arguments) {
    List<String> command = new ArrayList<>(List.of(kubectl.toString(), "--kubeconfig"));
    command.add(kubeconfig.toString());
    command.addAll(List.of(arguments));
    return run(command);
  }

  /** Makes an empty namespace. */
  void namespace(String namespace) {
    admin.create(
        "/api/v1/namespaces",
        ("{\"metadata\":{\"name\":\"" + namespace + "\"}}").getBytes(StandardCharsets.UTF_8));
  }

  /** Empties a namespace, and waits until its Jobs and Pods are gone. */
  void clean(String namespace) {
    Bench.say("  cleaning up");
    String ns = "/namespaces/" + namespace;
    String background = "?propagationPolicy=Background";
    admin.delete("/apis/batch/v1" + ns + "/cronjobs" + background);
    admin.delete("/apis/scanwarden.io/v1alpha1" + ns + "/scanschedules" + background);
    admin.delete("/apis/scanwarden.io/v1alpha1" + ns + "/workerpools" + background);
    await(
        "the namespace to be empty",
        LONGEST_CLEANING,
        () -> {
          admin.delete("/apis/batch/v1" + ns + "/jobs" + background);
          admin.delete("/api/v1" + ns + "/pods?gracePeriodSeconds=0");
          pause(Duration.ofSeconds(1));
          return admin.count("/apis/batch/v1" + ns + "/jobs") == 0
              && admin.count("/api/v1" + ns + "/pods") == 0
              && admin.count("/apis/batch/v1" + ns + "/cronjobs") == 0
              && admin.count("/apis/scanwarden.io/v1alpha1" + ns + "/scanschedules") == 0;
        });
    admin.delete("/apis/events.k8s.io/v1" + ns + "/events");
    // Garbage collection and compaction have something to do still.
    pause(Duration.ofSeconds(3));
  }

  /** Waits, in bounded time. */
  static void await(String what, Duration longest, BooleanSupplier met) {
    if (!within(longest, met)) {
      throw new IllegalStateException(
          "waited in vain for " + what + ", " + longest.toSeconds() + " s");
    }
  }

  /** Whether it came to be in that time. */
  static boolean within(Duration longest, BooleanSupplier met) {
    long until = System.nanoTime() + longest.toNanos();
    while (!met.getAsBoolean()) {
      if (System.nanoTime() - until > 0) {
        return false;
      }
      pause(Duration.ofMillis(100));
    }
    return true;
  }

  static void pause(Duration duration) {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static String exported(String environment, String variable) {
    String prefix = "export " + variable + "=";
    return environment
        .lines()
        .filter(line -> line.startsWith(prefix))
        .findFirst()
        .orElseThrow()
        .substring(prefix.length())
        .replaceAll("\\\\(.)", "$1");
  }

  /** Runs a program to its end. */
  static String run(List<String> command) {
    try {
      Path output = Files.createTempFile("bench", ".out");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(5, TimeUnit.MINUTES);
        if (!ended) {
          process.destroyForcibly().waitFor();
        }
        String text = Files.readString(output);
        if (process.exitValue() != 0) {
          throw new IllegalStateException(String.join(" ", command) + ": " + text);
        }
        return text;
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}
