package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The folders of {@code examples} do what their pages say, in a namespace of the test's. */
@ControlPlaneTest
class ExamplesIT {
  private static final Path EXAMPLES = ControlPlane.repository().resolve("examples");

  /** The manifests of a folder, as if the test's namespace were that of the pages. */
  private static void apply(ControlPlane plane, String folder) throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES.resolve(folder))) {
      for (Path file :
          files
              .filter(file -> file.toString().endsWith(".yaml"))
              .collect(Collectors.toCollection(TreeSet::new))) {
        plane.apply(Files.readString(file).replace("scanwarden-demo", plane.namespace()));
      }
    }
  }

  @Test
  void quickstart(ControlPlane plane) throws IOException {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      apply(plane, "quickstart");

      for (String name :
          new String[] {
            "port-sweep",
            "nightly-cve-scan",
            "registry-scan",
            "sbom-inventory",
            "tls-audit",
            "secret-scan"
          }) {
        schedules.awaitReady(name);
      }
      schedules.awaitStatus(
          "host-baseline",
          status ->
              assertThat(Schedules.condition(status, "Ready").path("reason").asText())
                  .isEqualTo("InvalidJobTemplate"));
    }
  }

  @Test
  void pool(ControlPlane plane) throws IOException {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator =
        RunningOperator.of(plane).withWebhook().start().awaitLeading()) {
      plane.apply(Files.readString(EXAMPLES.resolve("pool/small.yaml")));
      plane.kubectl("scale", "wp", "small", "--replicas=0").orThrow();
      String scan = Files.readString(EXAMPLES.resolve("pool/repo-scan.yaml"));
      plane.kubectlWithInput(scan, "create", "-f", "-").orThrow();
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(plane.kubectl("describe", "job", "repo-scan").orThrow().stdout())
                      .contains("PoolAtCapacity"));
      JsonNode waiting =
          Schedules.json(plane.kubectl("get", "job", "repo-scan", "-o", "json").orThrow().stdout());
      assertThat(waiting.at("/spec/suspend").asBoolean()).isTrue();

      apply(plane, "pool");

      plane.kubectl("wait", "job/repo-scan", "--for=condition=Complete", "--timeout=60s").orThrow();
      schedules.awaitReady("license-audit");
      assertThat(may(plane, "create", "jobs")).isEqualTo("yes");
      assertThat(may(plane, "get", "workerpools.scanwarden.io")).isEqualTo("yes");
      assertThat(may(plane, "delete", "jobs")).isEqualTo("no");
    }
  }

  /**
   * With a label of the test's own, and the default as a dry run: other tests share the cluster.
   */
  @Test
  void tenants(ControlPlane plane) throws IOException {
    String tenant = plane.namespace();
    String quota =
        Files.readString(EXAMPLES.resolve("tenants/team-a.yaml")).replace("team-a", tenant);
    plane.kubectl("label", "namespace", plane.namespace(), "tenant=" + tenant).orThrow();
    try (RunningOperator operator =
        RunningOperator.of(plane)
            .withAllNamespaces()
            .toleratingRefusals() // namespaces of earlier tests may be on their way out
            .start()
            .awaitLeading()) {
      plane.apply(quota);

      plane
          .kubectl("wait", "--for=condition=Ready", "tenantquota/" + tenant, "--timeout=60s")
          .orThrow();
      assertThat(plane.kubectl("get", "tq", tenant).orThrow().stdout())
          .matches(
              "NAME +ACTIVE +RUNNING +SCHEDULES +STATE +READY +AGE *\n"
                  + tenant
                  + " +0 +0 +0 +Ok +True +\\S+ *\n");
      assertThat(operator.isAlive()).isTrue();
      plane
          .kubectl(
              "apply",
              "--dry-run=server",
              "-f",
              EXAMPLES.resolve("tenants/everybody-else.yaml").toString())
          .orThrow();
    } finally {
      plane.kubectl("delete", "tq", tenant, "--ignore-not-found").orThrow();
    }
  }

  /** Whether the pipeline may. */
  private static String may(ControlPlane plane, String verb, String resource) {
    return plane
        .kubectl(
            "auth",
            "can-i",
            verb,
            resource,
            "--as=system:serviceaccount:" + plane.namespace() + ":pipeline")
        .stdout()
        .strip();
  }
}
