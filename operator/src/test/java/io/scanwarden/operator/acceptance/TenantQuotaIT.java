package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.Output;
import io.scanwarden.operator.cluster.RunningOperator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a tenant may hold is refused at the moment of creation, and known afterwards. */
@ControlPlaneTest
class TenantQuotaIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration LEASE = Duration.ofSeconds(6);

  private ControlPlane plane;
  private String quota;

  @BeforeEach
  void prepare(ControlPlane controlPlane) {
    plane = controlPlane;
    quota = "quota-of-" + plane.namespace();
  }

  @AfterEach
  void removeQuota() {
    plane.kubectl("delete", "tenantquota", quota, "--ignore-not-found").orThrow();
  }

  private RunningOperator.Launch operator() {
    return RunningOperator.of(plane)
        .withLease(LEASE, Duration.ofSeconds(4), Duration.ofMillis(500))
        .withAllNamespaces()
        .toleratingRefusals() // namespaces of earlier tests may be on their way out
        .withWebhook();
  }

  private void quota(String limits) {
    plane.apply(
        """
        apiVersion: scanwarden.io/v1alpha1
        kind: TenantQuota
        metadata: {name: %s}
        spec:
          namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
          limits: {%s}
        """
            .formatted(quota, plane.namespace(), limits));
  }

  private JsonNode status() {
    return Schedules.json(
            plane.kubectl("get", "tenantquota", quota, "-o", "json").orThrow().stdout())
        .path("status");
  }

  private int current(String limit) {
    return status().at("/usage/" + limit + "/current").asInt(-1);
  }

  private void awaitCounted(String limit, int current) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(status().at("/namespaces/0").asText()).isEqualTo(plane.namespace());
              assertThat(current(limit)).as("current %s", limit).isEqualTo(current);
            });
  }

  private JsonNode schedule(String name) {
    return Schedules.json(
        plane.kubectl("get", "scanschedule", name, "-o", "json").orThrow().stdout());
  }

  private static String schedule(String name, String spec) {
    return """
        apiVersion: scanwarden.io/v1alpha1
        kind: ScanSchedule
        metadata: {name: %s}
        spec:
          %s
          jobTemplate:
            spec:
              template:
                metadata: {annotations: {dev.scanwarden.io/run-for: 1h}}
                spec: {restartPolicy: Never, containers: [{name: scan, image: scanner}]}
        """
        .formatted(name, spec);
  }

  private static String job(String name) {
    return """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: %s, labels: {scanwarden.io/pool: some}}
        spec:
          template: {spec: {restartPolicy: Never, containers: [{name: scan, image: scanner}]}}
        """
        .formatted(name);
  }

  private Output create(String manifest, String... options) {
    List<String> arguments = new ArrayList<>(List.of("create", "-f", "-"));
    arguments.addAll(List.of(options));
    return plane.kubectlWithInput(manifest, arguments.toArray(String[]::new));
  }

  @Test
  void theEleventhScheduleIsRefusedUntilOneIsDeleted() {
    try (RunningOperator operator = operator().start().awaitLeading()) {
      quota("schedules: 10");
      awaitCounted("schedules", 0);
      for (int i = 1; i <= 10; i++) {
        create(schedule("s" + i, "schedule: '0 0 1 1 *'")).orThrow();
      }

      Output eleventh =
          plane.kubectlWithInput(schedule("s11", "schedule: '0 0 1 1 *'"), "apply", "-f", "-");
      assertThat(eleventh.exitCode()).isEqualTo(1);
      assertThat(eleventh.stderr().strip())
          .endsWith(
              "Tenant quota exceeded for schedules: limit=10, current=10, attempted=1. Reduce usage"
                  + " or raise the tenant quota.");
      assertThat(plane.kubectl("get", "tq", quota).orThrow().stdout()).contains("AtLimit");
      assertThat(create(schedule("s11", "schedule: '0 0 1 1 *'"), "--dry-run=server").exitCode())
          .isEqualTo(1);
      // What exists goes on being changed, and deleted.
      plane.apply(schedule("s1", "schedule: '0 0 2 1 *'"));
      assertThat(create(schedule("s2", "schedule: '0 0 1 1 *'")).stderr())
          .contains("AlreadyExists");

      plane.kubectl("delete", "scanschedule", "s3").orThrow();
      await()
          .atMost(PATIENCE)
          .until(() -> create(schedule("s11", "schedule: '0 0 1 1 *'")).exitCode() == 0);
      awaitCounted("schedules", 10);
      assertThat(operator.isAlive()).isTrue();
    }
  }

  @Test
  void adhocJobsAndRunsShareTheActiveJobs() {
    try (RunningOperator operator = operator().start().awaitLeading()) {
      quota("activeJobs: 3");
      awaitCounted("activeJobs", 0);
      create(job("one")).orThrow();
      create(job("two")).orThrow();
      Instant due = Instant.now().plusSeconds(20);
      create(schedule("fits", "triggers: [{at: '" + due + "'}]")).orThrow();
      create(
              schedule(
                  "does-not-fit",
                  "triggers: [{at: '"
                      + due.plusSeconds(3)
                      + "'}]\n  targets: [{name: a}, {name: b}]"))
          .orThrow();

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                JsonNode status = schedule("does-not-fit").path("status");
                assertThat(status.at("/lastSkipped/reason").asText()).isEqualTo("QuotaExceeded");
                assertThat(status.at("/lastSkipped/message").asText())
                    .isEqualTo(
                        "Tenant quota exceeded for activeJobs: limit=3, current=3, attempted=2."
                            + " Reduce usage or raise the tenant quota.");
                assertThat(status.at("/counts/rejected").asInt()).isEqualTo(1);
                assertThat(status.path("conditions").toString()).contains("\"QuotaExceeded\"");
              });
      assertThat(create(job("three")).stderr().strip())
          .endsWith(
              "Tenant quota exceeded for activeJobs: limit=3, current=3, attempted=1. Reduce usage"
                  + " or raise the tenant quota.");
      assertThat(plane.kubectl("get", "jobs", "-o", "name").orThrow().stdout().lines())
          .hasSize(3)
          .anyMatch(name -> name.startsWith("job.batch/fits-"));
      plane.kubectl("delete", "job", "one", "--cascade=foreground").orThrow();
      await().atMost(PATIENCE).until(() -> create(job("three")).exitCode() == 0);
      assertThat(operator.isAlive()).isTrue();
    }
  }

  /** A namespace that loses its quota falls under the default's, and has its own again. */
  @Test
  void aNamespaceWithoutQuotaHasTheDefaults() {
    String generated = quota + "." + plane.namespace();
    try (RunningOperator operator = operator().start().awaitLeading()) {
      plane.apply(
          """
          apiVersion: scanwarden.io/v1alpha1
          kind: TenantQuota
          metadata: {name: %s}
          spec: {default: true, limits: {schedules: 1}}
          """
              .formatted(quota));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          plane
                              .kubectl(
                                  "get",
                                  "tenantquota",
                                  generated,
                                  "-o",
                                  "jsonpath={.status.namespaces}")
                              .stdout())
                      .isEqualTo("[\"" + plane.namespace() + "\"]"));
      create(schedule("first", "schedule: '0 0 1 1 *'")).orThrow();
      assertThat(create(schedule("second", "schedule: '0 0 1 1 *'")).stderr())
          .contains("Tenant quota exceeded for schedules: limit=1, current=1, attempted=1.");

      plane.apply(
          """
          apiVersion: scanwarden.io/v1alpha1
          kind: TenantQuota
          metadata: {name: %s-own}
          spec:
            namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}
            limits: {schedules: 2}
          """
              .formatted(quota, plane.namespace()));
      await()
          .atMost(PATIENCE)
          .until(() -> create(schedule("second", "schedule: '0 0 1 1 *'")).exitCode() == 0);
      await()
          .atMost(PATIENCE)
          .until(() -> plane.kubectl("get", "tenantquota", generated).exitCode() != 0);
      plane.kubectl("delete", "tenantquota", quota + "-own").orThrow();
      assertThat(create(schedule("third", "schedule: '0 0 1 1 *'")).exitCode()).isEqualTo(1);
      assertThat(operator.isAlive()).isTrue();
    }
    plane.kubectl("delete", "tenantquota", quota, "--cascade=foreground").orThrow();
  }

  /** As many as there are places succeed, whoever is asked and whoever dies. */
  @Test
  void twoReplicasNeverPassTheLimit() throws Exception {
    int limit = 30;
    try (RunningOperator first = operator().toleratingErrors().start().awaitLeading();
        RunningOperator second = operator().toleratingErrors().start()) {
      await().atMost(PATIENCE).until(() -> second.get("/readyz").statusCode() == 200);
      quota("schedules: " + limit);
      awaitCounted("schedules", 0);

      List<Output> outputs = createAtOnce(120, 12);

      assertThat(outputs.stream().filter(o -> o.exitCode() == 0).count()).isEqualTo(limit);
      assertThat(plane.kubectl("get", "scansched", "-o", "name").orThrow().stdout().lines())
          .hasSize(limit);
      awaitCounted("schedules", limit);
      await().atMost(PATIENCE).until(() -> status().path("reservations").isEmpty());
      assertThat(first.isAlive() && second.isAlive()).isTrue();
    }
  }

  private List<Output> createAtOnce(int count, int clients) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(clients)) {
      List<Callable<Output>> tasks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        String manifest = schedule("c" + i, "schedule: '0 0 1 1 *'");
        tasks.add(() -> create(manifest));
      }
      List<Output> outputs = new ArrayList<>();
      for (Future<Output> future : executor.invokeAll(tasks)) {
        outputs.add(future.get());
      }
      return outputs;
    }
  }
}
