package io.scanwarden.operator;

import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the cluster as kubectl would, and sees whether it can be used, before anything starts. */
final class Cluster {
  static final String API_VERSION = "scanwarden.io/v1alpha1";

  /** What must be served, by plural name. */
  private static final Map<String, String> RESOURCES =
      Map.of(
          "scanschedules", "ScanSchedules",
          "tenantquotas", "TenantQuotas",
          "workerpools", "WorkerPools");

  private static final Path TOKEN = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");
  private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(3);

  /** There is no cluster to work with; the message is one line for the user. */
  static final class Unusable extends Exception {
    private static final long serialVersionUID = 1L;

    Unusable(String message) {
      super(message);
    }
  }

  private Cluster() {}

  /**
   * The given kubeconfig, or KUBECONFIG, or {@code ~/.kube/config}, or the in-cluster
   * configuration.
   *
   * @throws Unusable when there is none of them, or it cannot be read
   */
  static Config find(@Nullable Path kubeconfig, Map<String, String> environment) throws Unusable {
    List<Path> files = kubeconfigs(kubeconfig, environment);
    if (files.isEmpty()) {
      if (environment.containsKey("KUBERNETES_SERVICE_HOST") && Files.isReadable(TOKEN)) {
        return Config.autoConfigure(null);
      }
      throw new Unusable(
          "no cluster to connect to: there is no --kubeconfig, no KUBECONFIG, no ~/.kube/config, and this is no Pod"
              + " with a service account");
    }
    String names = String.join(File.pathSeparator, files.stream().map(Path::toString).toList());
    List<Path> there = files.stream().filter(Files::isReadable).toList();
    if (there.isEmpty()) {
      throw new Unusable("cannot read the kubeconfig " + names);
    }
    try {
      Config config =
          there.size() == 1
              ? Config.fromKubeconfig(there.getFirst().toFile())
              : Config.autoConfigure(null);
      if (config.getCurrentContext() == null) {
        throw new Unusable("the kubeconfig " + names + " has no current context");
      }
      return config;
    } catch (RuntimeException e) {
      throw new Unusable("cannot use the kubeconfig " + names + ": " + line(e));
    }
  }

  private static List<Path> kubeconfigs(@Nullable Path given, Map<String, String> environment) {
    if (given != null) {
      return List.of(given);
    }
    String listed = environment.getOrDefault("KUBECONFIG", "");
    if (!listed.isBlank()) {
      return Arrays.stream(listed.split(File.pathSeparator, -1))
          .filter(s -> !s.isBlank())
          .map(Path::of)
          .toList();
    }
    List<Path> home = new ArrayList<>();
    Optional.ofNullable(environment.get("HOME"))
        .map(h -> Path.of(h, ".kube", "config"))
        .filter(Files::exists)
        .ifPresent(home::add);
    return home;
  }

  /** The namespace of the Pod or of the kubeconfig's context, or {@code default}. */
  static String namespace(Config config) {
    return Optional.ofNullable(config.getNamespace()).filter(n -> !n.isBlank()).orElse("default");
  }

  /**
   * Asks the cluster for its version and for our resources; takes a few seconds at most.
   *
   * @throws Unusable when it does not answer, or does not serve all of them: the CRDs may be of an
   *     older version
   */
  static String check(Config config) throws Unusable {
    try (KubernetesClient client = KubernetesClients.forElection(config, PROBE_TIMEOUT)) {
      String version = String.valueOf(client.getKubernetesVersion().getGitVersion());
      APIResourceList served = client.getApiResources(API_VERSION);
      Set<String> names =
          served == null
              ? Set.of()
              : served.getResources().stream()
                  .map(APIResource::getName)
                  .collect(Collectors.toSet());
      List<String> unknown =
          RESOURCES.entrySet().stream()
              .filter(resource -> !names.contains(resource.getKey()))
              .map(Map.Entry::getValue)
              .sorted()
              .toList();
      if (!unknown.isEmpty()) {
        throw new Unusable(
            "the cluster at "
                + config.getMasterUrl()
                + " does not know "
                + String.join(", ", unknown)
                + " ("
                + API_VERSION
                + "); install them with: kubectl apply -f crds/manifests");
      }
      return version;
    } catch (KubernetesClientException e) {
      if (e.getCode() == 401 || e.getCode() == 403) {
        throw new Unusable(
            "the Kubernetes API at "
                + config.getMasterUrl()
                + " refuses the credentials: "
                + line(e));
      }
      throw new Unusable(
          "cannot reach the Kubernetes API at " + config.getMasterUrl() + ": " + line(e));
    }
  }

  /** The reason in one line. */
  private static String line(Throwable failure) {
    Throwable root = failure;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      root = cause;
      // The JDK's client gives these no message, and causes that say less.
      if (cause instanceof HttpTimeoutException) {
        return "no answer within " + PROBE_TIMEOUT.toSeconds() + " s";
      }
      if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
        return "unknown host";
      }
      if (cause instanceof ConnectException && isUnresolved(cause)) {
        return "unknown host";
      }
      if (cause instanceof ConnectException) {
        return "connection refused";
      }
    }
    String message = root.getMessage();
    String text = message == null ? root.getClass().getSimpleName() : message;
    return text.strip().replaceAll("\\s+", " ");
  }

  private static boolean isUnresolved(Throwable failure) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException) {
        return true;
      }
    }
    return false;
  }
}
