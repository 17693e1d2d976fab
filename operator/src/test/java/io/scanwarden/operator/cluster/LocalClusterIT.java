package io.scanwarden.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What the other tests of this kind rely on: the control plane is real, and pods do as told. */
@ControlPlaneTest
class LocalClusterIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void serverAndKubectlReportTheirVersion(ControlPlane plane) {
    assertThat(plane.admin().getKubernetesVersion().getGitVersion()).isEqualTo("v1.35.4");
    assertThat(plane.kubectl("version").orThrow().stdout())
        .contains("Client Version: v1.35.4")
        .contains("Server Version: v1.35.4");
  }

  @Test
  void aJobCompletes(ControlPlane plane) {
    plane.apply(job("scan", "0s", "0"));

    Job job = finished(plane, "scan", "Complete");

    assertThat(job.getStatus().getSucceeded()).isEqualTo(1);
    assertThat(pod(plane, "scan").getStatus().getPhase()).isEqualTo("Succeeded");
  }

  @Test
  void anExitCodeMakesAJobFail(ControlPlane plane) {
    plane.apply(job("scan", "0s", "3"));

    Job job = finished(plane, "scan", "Failed");

    assertThat(job.getStatus().getFailed()).isEqualTo(1);
    assertThat(pod(plane, "scan").getStatus().getPhase()).isEqualTo("Failed");
    assertThat(end(pod(plane, "scan")).getExitCode()).isEqualTo(3);
  }

  @Test
  void aPodRunsForAsLongAsItsAnnotationSays(ControlPlane plane) {
    plane.apply(job("scan", "4s", "0"));

    finished(plane, "scan", "Complete");

    ContainerStateTerminated end = end(pod(plane, "scan"));
    // Both have whole seconds.
    assertThat(
            Duration.between(Instant.parse(end.getStartedAt()), Instant.parse(end.getFinishedAt())))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void theChildrenOfADeletedJobGoToo(ControlPlane plane) {
    plane.apply(job("scan", "1h", "0"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(pod(plane, "scan").getStatus().getPhase()).isEqualTo("Running"));

    plane.kubectl("delete", "job", "scan", "--cascade=background").orThrow();

    await().atMost(PATIENCE).untilAsserted(() -> assertThat(pods(plane, "scan")).isEmpty());
  }

  @Test
  void aDeletedPodLingersAsItsAnnotationSays(ControlPlane plane) {
    plane.apply(
        """
        apiVersion: v1
        kind: Pod
        metadata:
          name: stubborn
          annotations: {dev.scanwarden.io/run-for: 1h, dev.scanwarden.io/terminate-for: 1h}
        spec: {containers: [{name: scanner, image: scanner}]}
        """);
    plane
        .kubectl("wait", "--for=jsonpath={.status.phase}=Running", "pod/stubborn", "--timeout=30s")
        .orThrow();

    plane.kubectl("delete", "pod", "stubborn", "--wait=false", "--grace-period=1").orThrow();

    Output wait = plane.kubectl("wait", "--for=delete", "pod/stubborn", "--timeout=3s");
    assertThat(wait.exitCode()).isNotZero();
    assertThat(wait.stderr()).contains("timed out");
    plane.kubectl("delete", "pod", "stubborn", "--grace-period=0", "--force").orThrow();
  }

  @Test
  void aTokenHasTheRightsOfItsServiceAccountAndNoOther(ControlPlane plane) {
    plane.kubectl("create", "serviceaccount", "reader").orThrow();
    plane.kubectl("create", "role", "reader", "--verb=list", "--resource=pods").orThrow();
    plane
        .kubectl(
            "create",
            "rolebinding",
            "reader",
            "--role=reader",
            "--serviceaccount=" + plane.namespace() + ":reader")
        .orThrow();
    String token = plane.kubectl("create", "token", "reader").orThrow().stdout().strip();
    Config admin = plane.admin().getConfiguration();
    Config config =
        new ConfigBuilder(Config.empty())
            .withMasterUrl(admin.getMasterUrl())
            .withCaCertData(admin.getCaCertData())
            .withOauthToken(token)
            .build();

    try (KubernetesClient reader = new KubernetesClientBuilder().withConfig(config).build()) {
      await()
          .atMost(PATIENCE)
          .ignoreExceptionsInstanceOf(KubernetesClientException.class)
          .untilAsserted(
              () ->
                  assertThat(reader.pods().inNamespace(plane.namespace()).list().getItems())
                      .isEmpty());
      assertThatExceptionOfType(KubernetesClientException.class)
          .isThrownBy(() -> reader.batch().v1().jobs().inNamespace(plane.namespace()).list())
          .satisfies(refusal -> assertThat(refusal.getCode()).isEqualTo(403));
    }
  }

  @Test
  void anOutageOfTheApiServerLosesNothing(ControlPlane plane) {
    plane.apply(job("before", "1h", "0"));

    plane.script("stop", "kube-apiserver", "--kill").orThrow();
    try {
      assertThat(plane.kubectl("get", "jobs", "--request-timeout=2s").exitCode()).isNotZero();
    } finally {
      plane.script("start", "kube-apiserver").orThrow();
    }

    assertThat(plane.kubectl("get", "job", "before", "-o", "name").orThrow().stdout())
        .isEqualToIgnoringNewLines("job.batch/before");
    plane.apply(job("after", "0s", "0"));
    finished(plane, "after", "Complete");
  }

  @Test
  void eachTestHasANamespaceOfItsOwn(ControlPlane plane, ControlPlane again) {
    assertThat(again).isSameAs(plane);
    assertThat(plane.admin().namespaces().withName(plane.namespace()).get()).isNotNull();
    assertThat(plane.admin().pods().inNamespace(plane.namespace()).list().getItems()).isEmpty();
  }

  private static String job(String name, String runFor, String exitCode) {
    return """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: %s}
        spec:
          backoffLimit: 0
          template:
            metadata:
              annotations: {dev.scanwarden.io/run-for: "%s", dev.scanwarden.io/exit-code: "%s"}
            spec:
              restartPolicy: Never
              containers: [{name: scanner, image: scanner}]
        """
        .formatted(name, runFor, exitCode);
  }

  private static Job finished(ControlPlane plane, String name, String condition) {
    return plane
        .admin()
        .batch()
        .v1()
        .jobs()
        .inNamespace(plane.namespace())
        .withName(name)
        .waitUntilCondition(
            job ->
                job != null
                    && job.getStatus().getConditions().stream()
                        .anyMatch(
                            c -> c.getType().equals(condition) && c.getStatus().equals("True")),
            PATIENCE.toSeconds(),
            TimeUnit.SECONDS);
  }

  private static List<Pod> pods(ControlPlane plane, String job) {
    return plane
        .admin()
        .pods()
        .inNamespace(plane.namespace())
        .withLabel("batch.kubernetes.io/job-name", job)
        .list()
        .getItems();
  }

  private static Pod pod(ControlPlane plane, String job) {
    List<Pod> pods = pods(plane, job);
    assertThat(pods).hasSize(1);
    return pods.getFirst();
  }

  private static ContainerStateTerminated end(Pod pod) {
    return pod.getStatus().getContainerStatuses().getFirst().getState().getTerminated();
  }
}
