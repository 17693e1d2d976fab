package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.Output;
import io.scanwarden.operator.cluster.RunningOperator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

/** Jobs with the label of a pool are held back when they are created, and no others. */
@ControlPlaneTest
@NullUnmarked
class WebhookIT {
  private static final Duration LEASE = Duration.ofSeconds(6);

  private static RunningOperator.Launch operator(ControlPlane plane) {
    return RunningOperator.of(plane)
        .withLease(LEASE, Duration.ofSeconds(4), Duration.ofMillis(500))
        .withWebhook();
  }

  private static void pool(ControlPlane plane, String name, String spec) {
    plane.apply(
        """
        apiVersion: scanwarden.io/v1alpha1
        kind: WorkerPool
        metadata: {name: %s}
        spec: {%s}
        """
            .formatted(name, spec));
  }

  private static String job(String name, String labels, String spec) {
    return """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: %s, labels: {%s}}
        spec:
          %s
          template:
            spec:
              restartPolicy: Never
              containers: [{name: scan, image: scanner}]
        """
        .formatted(name, labels, spec);
  }

  private static Output create(ControlPlane plane, String manifest, String... more) {
    String[] arguments = new String[more.length + 3];
    System.arraycopy(new String[] {"create", "-f", "-"}, 0, arguments, 0, 3);
    System.arraycopy(more, 0, arguments, 3, more.length);
    return plane.kubectlWithInput(manifest, arguments);
  }

  private static JsonNode read(ControlPlane plane, String name) {
    return Schedules.json(plane.kubectl("get", "job", name, "-o", "json").orThrow().stdout());
  }

  private static boolean isSuspended(JsonNode job) {
    return job.at("/spec/suspend").asBoolean();
  }

  private static boolean isQueued(JsonNode job) {
    return job.at("/metadata/labels/scanwarden.io~1queued").asText().equals("true");
  }

  @Test
  void jobsOfAPoolAreHeldBack(ControlPlane plane) {
    try (RunningOperator operator = operator(plane).start().awaitLeading()) {
      pool(
          plane,
          "nightly",
          """
          maxConcurrent: 0, jobDefaults: {priorityClassName: system-node-critical, nodeSelector: {disk: ssd},
            tolerations: [{key: scans, operator: Exists}],
            resources: {requests: {cpu: 50m}, limits: {memory: 64Mi}}}""");
      awaitDefaults(plane);

      create(plane, job("scan", "scanwarden.io/pool: nightly", "")).orThrow();
      JsonNode job = read(plane, "scan");
      assertThat(isSuspended(job)).isTrue();
      assertThat(isQueued(job)).isTrue();
      JsonNode pods = job.at("/spec/template");
      assertThat(pods.at("/metadata/labels/scanwarden.io~1pool").asText()).isEqualTo("nightly");
      assertThat(pods.at("/spec/priorityClassName").asText()).isEqualTo("system-node-critical");
      assertThat(pods.at("/spec/nodeSelector/disk").asText()).isEqualTo("ssd");
      assertThat(pods.at("/spec/tolerations/0/key").asText()).isEqualTo("scans");
      assertThat(pods.at("/spec/containers/0/resources/requests/cpu").asText()).isEqualTo("50m");
      assertThat(pods.at("/spec/containers/0/resources/limits/memory").asText()).isEqualTo("64Mi");

      String authors = job("authors", "scanwarden.io/pool: nightly", "suspend: true");
      create(plane, authors).orThrow();
      assertThat(isSuspended(read(plane, "authors"))).isTrue();
      assertThat(isQueued(read(plane, "authors"))).isFalse();
      assertThat(
              read(plane, "authors")
                  .at("/spec/template/metadata/labels/scanwarden.io~1pool")
                  .asText())
          .isEqualTo("nightly");
      plane
          .kubectl(
              "patch", "job", "authors", "--type=merge", "-p", "{\"spec\":{\"suspend\":false}}")
          .orThrow();
      assertThat(isSuspended(read(plane, "authors"))).isTrue();
      assertThat(isQueued(read(plane, "authors"))).isTrue();

      Output pipeline =
          plane.kubectl(
              "create", "job", "one-off", "--image=scanner", "--dry-run=client", "-o", "yaml");
      Output labelled =
          plane.kubectlWithInput(
              pipeline.orThrow().stdout(),
              "label",
              "--local",
              "-f",
              "-",
              "scanwarden.io/pool=of-nobody",
              "-o",
              "yaml");
      create(plane, labelled.orThrow().stdout()).orThrow();
      assertThat(isQueued(read(plane, "one-off"))).isTrue();

      create(plane, job("else", "app: x", "")).orThrow();
      assertThat(isSuspended(read(plane, "else"))).isFalse();
      assertThat(operator.metric(REQUESTS, "result=\"Unchanged\"")).isZero();
      assertThat(operator.metric(REQUESTS, "result=\"Prepared\"")).isEqualTo(1);
    }
  }

  private static final String REQUESTS = "scanwarden_webhook_request_duration_seconds_count";

  /** The operator knows the pool, and its defaults. */
  private static void awaitDefaults(ControlPlane plane) {
    await()
        .atMost(Schedules.PATIENCE)
        .until(
            () ->
                create(
                        plane,
                        job("probe", "scanwarden.io/pool: nightly", ""),
                        "--dry-run=server",
                        "-o",
                        "json")
                    .orThrow()
                    .stdout()
                    .contains("\"ssd\""));
  }

  @Test
  void moreThanMayWaitAreRefused(ControlPlane plane) {
    try (RunningOperator operator = operator(plane).start().awaitLeading()) {
      pool(plane, "full", "maxQueued: 0");
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(
                          create(
                                  plane,
                                  job("probe", "scanwarden.io/pool: full", ""),
                                  "--dry-run=server")
                              .exitCode())
                      .isNotZero());

      Output refused = create(plane, job("scan", "scanwarden.io/pool: full", ""));

      assertThat(refused.stderr())
          .contains(
              "(QueueFull)",
              "\"jobs.scanwarden.io\" denied the request: The queue of WorkerPool "
                  + plane.namespace()
                  + "/full is full: spec.maxQueued=0, waiting=0.");
      create(plane, job("authors", "scanwarden.io/pool: full", "suspend: true")).orThrow();
      assertThat(
              plane
                  .kubectl(
                      "patch",
                      "job",
                      "authors",
                      "--type=merge",
                      "-p",
                      "{\"spec\":{\"suspend\":false}}")
                  .stderr())
          .contains("(QueueFull)");
      assertThat(operator.metric(REQUESTS, "result=\"QueueFull\"")).isGreaterThan(2);
    }
  }

  @Test
  void withoutTheOperatorJobsOfPoolsAreRefusedAndNoOthers(ControlPlane plane) {
    try (RunningOperator operator = operator(plane).start().awaitLeading()) {
      create(plane, job("before", "scanwarden.io/pool: nightly", "suspend: true")).orThrow();
      operator.stop();

      assertThat(create(plane, job("scan", "scanwarden.io/pool: nightly", "")).stderr())
          .contains("failed calling webhook \"jobs.scanwarden.io\"");
      create(plane, job("else", "app: x", "")).orThrow();
      plane.kubectl("label", "job", "before", "app=x").orThrow();
      plane.kubectl("delete", "job", "before", "else", "--wait=false").orThrow();
      await()
          .atMost(Schedules.PATIENCE)
          .until(() -> plane.kubectl("get", "jobs", "-o", "name").orThrow().stdout().isEmpty());
    }
  }

  @Test
  void aCertificateThatIsReplacedIsServedWithoutARestart(ControlPlane plane) throws Exception {
    try (RunningOperator operator = operator(plane).start().awaitLeading()) {
      Resource<Secret> secret =
          plane.admin().secrets().inNamespace(plane.namespace()).withName(WebhookTrust.SECRET);
      Map<String, String> first = secret.get().getData();
      X509Certificate served = served(operator, first);
      assertThat(operator.get("/readyz?verbose").body()).contains("[+]webhook ok");

      // Corrupt: made anew.
      secret.edit(s -> new SecretBuilder(s).addToData("tls.key", base64("nonsense")).build());
      await()
          .atMost(Schedules.PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(secret.get().getData().get("ca.crt"))
                      .isNotEqualTo(first.get("ca.crt")));
      Map<String, String> second = secret.get().getData();
      await()
          .atMost(Schedules.PATIENCE)
          .ignoreExceptions() // one who does not trust it yet
          .untilAsserted(() -> assertThat(served(operator, second)).isNotEqualTo(served));
      awaitGated(plane, "after-corruption");

      // What was good before is as good again.
      secret.edit(s -> new SecretBuilder(s).withData(first).build());
      await()
          .atMost(Schedules.PATIENCE)
          .ignoreExceptions() // one who does not trust it yet
          .untilAsserted(() -> assertThat(served(operator, first)).isEqualTo(served));
      awaitGated(plane, "after-return");

      assertThat(operator.logLines())
          .anyMatch(line -> line.contains("cannot be used: tls.key is no PEM"))
          .anyMatch(line -> line.contains("it held none that could be used, tls.key is no PEM"))
          .noneMatch(line -> line.contains("PRIVATE KEY"))
          .noneMatch(line -> line.contains(first.get("tls.key").substring(40, 80)));
    }
  }

  private static void awaitGated(ControlPlane plane, String name) {
    await()
        .atMost(Schedules.PATIENCE)
        .until(() -> create(plane, job(name, "scanwarden.io/pool: nightly", "")).exitCode() == 0);
    assertThat(isQueued(read(plane, name))).isTrue();
  }

  @Test
  void eachReplicaServesAndTheLeaderIsRegistered(ControlPlane plane) throws Exception {
    try (RunningOperator first = operator(plane).start().awaitLeading();
        RunningOperator second = operator(plane).start()) {
      await().atMost(Schedules.PATIENCE).until(() -> second.get("/readyz").statusCode() == 200);
      Map<String, String> data =
          plane
              .admin()
              .secrets()
              .inNamespace(plane.namespace())
              .withName(WebhookTrust.SECRET)
              .get()
              .getData();
      assertThat(served(second, data)).isEqualTo(served(first, data));
      assertThat(url(plane)).isEqualTo(url(first));

      first.kill();
      second.awaitLeading();

      assertThat(url(plane)).isEqualTo(url(second));
      assertThat(served(second, data).getEncoded()).isNotEmpty();
      create(plane, job("scan", "scanwarden.io/pool: nightly", "")).orThrow();
      assertThat(isQueued(read(plane, "scan"))).isTrue();
      assertThat(
              plane
                  .admin()
                  .secrets()
                  .inNamespace(plane.namespace())
                  .withName(WebhookTrust.SECRET)
                  .get()
                  .getData())
          .isEqualTo(data);
    }
  }

  @Test
  void jobsOfSchedulesGetTheDefaultsToo(ControlPlane plane) {
    Schedules schedules = new Schedules(plane);
    try (RunningOperator operator = RunningOperator.of(plane).start().awaitLeading()) {
      pool(plane, "nightly", "jobDefaults: {tolerations: [{key: scans, operator: Exists}]}");
      schedules.createReady(
          "scan", Schedules.manifest("scan", "poolRef: {name: nightly}\n" + Schedules.NEVER, "1s"));
      schedules.request("scan");

      schedules.awaitStatus(
          "scan", s -> assertThat(s.at("/counts/succeeded").asInt()).isEqualTo(1));

      assertThat(
              schedules.jobs("scan").getFirst().getSpec().getTemplate().getSpec().getTolerations())
          .extracting(Toleration::getKey)
          .containsExactly("scans");
    }
  }

  private static String url(RunningOperator operator) {
    return "https://127.0.0.1:" + operator.httpsPort() + "/admission/jobs";
  }

  private static String url(ControlPlane plane) {
    return plane
        .admin()
        .admissionRegistration()
        .v1()
        .mutatingWebhookConfigurations()
        .withName(plane.namespace())
        .get()
        .getWebhooks()
        .getFirst()
        .getClientConfig()
        .getUrl();
  }

  /** What it serves to one who trusts what the Secret says, and checks names. */
  private static X509Certificate served(RunningOperator operator, Map<String, String> secret)
      throws IOException, GeneralSecurityException {
    SSLContext tls = WebhookTrust.in(secret);
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), operator.httpsPort());
        SSLSocket socket =
            (SSLSocket)
                tls.getSocketFactory().createSocket(plain, "127.0.0.1", plain.getPort(), true)) {
      var parameters = socket.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
