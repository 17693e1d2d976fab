package io.scanwarden.operator.cluster;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A real control plane as one test sees it: etcd, API server, controllers and scheduler, two nodes
 * that kwok plays, and a namespace of the test's own, which is deleted after it (nobody waits for
 * that).
 *
 * <p>Pods live as their annotations say: {@link #RUN_FOR}, {@link #EXIT_CODE}, {@link
 * #TERMINATE_FOR}.
 */
public final class ControlPlane implements AutoCloseable {
  /** How long a pod runs, a Go duration such as {@code 1m30s} or {@code 500ms}; 1s if absent. */
  public static final String RUN_FOR = "dev.scanwarden.io/run-for";

  /** What a pod's containers exit with; 0 if absent. With any other the pod is Failed. */
  public static final String EXIT_CODE = "dev.scanwarden.io/exit-code";

  /** How long a pod that is deleted stays, whatever its grace period; 0s if absent. */
  public static final String TERMINATE_FOR = "dev.scanwarden.io/terminate-for";

  private static final Duration KUBECTL_TIMEOUT = Duration.ofMinutes(2);
  private static final AtomicInteger NAMESPACES = new AtomicInteger();

  private final LocalCluster cluster;
  private final String test;
  private final String namespace;

  ControlPlane(LocalCluster cluster, String test) {
    this.cluster = cluster;
    this.test = test;
    // Other JVMs may use the same cluster, one after another or at the same time.
    this.namespace =
        "t%d-%d-%d"
            .formatted(
                ProcessHandle.current().pid(),
                ProcessHandle.current().info().startInstant().map(i -> i.toEpochMilli()).orElse(0L),
                NAMESPACES.incrementAndGet());
    admin()
        .namespaces()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(namespace)
                .addToAnnotations("dev.scanwarden.io/test", test)
                .endMetadata()
                .build())
        .create();
  }

  /** A client that may do everything; shared by all tests, so leave it open. */
  public KubernetesClient admin() {
    return cluster.admin();
  }

  /** The namespace of this test. */
  public String namespace() {
    return namespace;
  }

  /** The name of this test, for messages and files. */
  public String test() {
    return test;
  }

  /** The administrator's kubeconfig. It names no namespace. */
  public Path kubeconfig() {
    return cluster.kubeconfig();
  }

  /** The kubectl of the control plane's version. */
  public Path kubectl() {
    return cluster.kubectl();
  }

  /** The root of the sources. */
  public static Path repository() {
    return LocalCluster.repository();
  }

  /** The cluster's name, for {@code dev/cluster --name}. */
  public String clusterName() {
    return cluster.name();
  }

  /**
   * Runs kubectl as the administrator, in this test's namespace unless the arguments say another.
   */
  public Output kubectl(String... arguments) {
    return run(null, arguments);
  }

  /** As {@link #kubectl(String...)}, with something to read: {@code apply -f -}. */
  public Output kubectlWithInput(String stdin, String... arguments) {
    return run(stdin, arguments);
  }

  /** Applies a manifest in this test's namespace; it must succeed. */
  public Output apply(String manifest) {
    return kubectlWithInput(manifest, "apply", "-f", "-").orThrow();
  }

  /**
   * Runs {@code dev/cluster} on this cluster: {@code script("restart", "kube-apiserver")}. What is
   * stopped must be started again: the cluster belongs to all tests.
   */
  public Output script(String verb, String... arguments) {
    String[] all = new String[arguments.length + 3];
    all[0] = verb;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    all[arguments.length + 1] = "--name";
    all[arguments.length + 2] = cluster.name();
    return LocalCluster.script(all);
  }

  /**
   * Deletes the namespace, without waiting for its end; but nobody is asked any more who was asked
   * in this test.
   */
  @Override
  public void close() {
    OperatorInstallation.removeWebhooksOf(this);
    admin().namespaces().withName(namespace).delete();
  }

  private Output run(@Nullable String stdin, String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "--namespace=" + namespace;
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return Output.of(
        kubectl(), KUBECTL_TIMEOUT, Map.of("KUBECONFIG", kubeconfig().toString()), stdin, all);
  }
}
