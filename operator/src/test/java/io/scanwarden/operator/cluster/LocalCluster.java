package io.scanwarden.operator.cluster;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A cluster of {@code dev/cluster} and a client of its administrator.
 *
 * <p>It is one of this JVM's own, which goes with it, also when the JVM is killed; or, with the
 * environment variable {@code SCANWARDEN_TEST_CLUSTER}, one that runs already and stays.
 */
final class LocalCluster implements AutoCloseable {
  /** Also for the first build of the programs, on a slow machine. */
  private static final Duration LONG_ENOUGH = Duration.ofMinutes(30);

  private static final Pattern EXPORT = Pattern.compile("export (\\w+)=(.*)");

  private final String name;
  private final boolean own;
  private final Path kubeconfig;
  private final Path kubectl;
  private final KubernetesClient admin;

  private LocalCluster(String name, boolean own) {
    this.name = name;
    this.own = own;
    Map<String, String> environment =
        script("env", "--name", name)
            .orThrow()
            .stdout()
            .lines()
            .map(EXPORT::matcher)
            .filter(Matcher::matches)
            .collect(
                Collectors.toMap(
                    line -> line.group(1), line -> line.group(2).replaceAll("\\\\(.)", "$1")));
    this.kubeconfig = Path.of(required(environment, "KUBECONFIG"));
    this.kubectl = Path.of(required(environment, "PATH").replace(":$PATH", ""), "kubectl");
    this.admin =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
            .build();
  }

  static LocalCluster open() {
    String running = System.getenv("SCANWARDEN_TEST_CLUSTER");
    if (running != null && !running.isEmpty()) {
      return new LocalCluster(running, false);
    }
    String pid = Long.toString(ProcessHandle.current().pid());
    String name = "test-" + pid;
    script("up", "--name", name, "--owner", pid).orThrow();
    return new LocalCluster(name, true);
  }

  String name() {
    return name;
  }

  Path kubeconfig() {
    return kubeconfig;
  }

  Path kubectl() {
    return kubectl;
  }

  KubernetesClient admin() {
    return admin;
  }

  @Override
  public void close() {
    admin.close();
    if (own) {
      script("down", "--name", name).orThrow();
    }
  }

  /** Runs {@code dev/cluster}. */
  static Output script(String... arguments) {
    return Output.of(repository().resolve("dev/cluster"), LONG_ENOUGH, Map.of(), null, arguments);
  }

  /** Tests run in the folder of their module. */
  static Path repository() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isExecutable(folder.resolve("dev/cluster"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new IllegalStateException(
            "dev/cluster was not found above " + Path.of("").toAbsolutePath());
      }
    }
    return folder;
  }

  private static String required(Map<String, String> environment, String variable) {
    String value = environment.get(variable);
    if (value == null) {
      throw new IllegalStateException("dev/cluster env does not print " + variable);
    }
    return value;
  }
}
