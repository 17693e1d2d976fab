package io.scanwarden.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The operator as a process of its own, as users run it: under the ServiceAccount and the rights of
 * {@code operator/manifests}, by a token, watching the test's namespace.
 *
 * <p>Its Lease is in the test's namespace too, under the very Role that is shipped, so that
 * operators of several tests do not wait for each other; several of one test do.
 *
 * <p>{@link #close} stops it and fails the test if the log has an error or a stack trace, or if the
 * API server refused it a right. It goes with the JVM of the tests, also when that is killed.
 */
public final class RunningOperator implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(10);
  private static final Pattern PORT = Pattern.compile("HTTP server listening on port (\\d+)");
  private static final Pattern HTTPS_PORT =
      Pattern.compile("HTTPS server listening on port (\\d+)");
  private static final Pattern REGISTERED =
      Pattern.compile("The webhooks of ValidatingWebhookConfiguration .* are registered");
  private static final Pattern TOOK_OVER = Pattern.compile("Leading in term (\\d+):");
  private static final Pattern ERROR = Pattern.compile("^\\S+ ERROR .*|^\\s+at [\\w.$/@]+\\(.*");
  private static final Pattern MISSING_RIGHT =
      Pattern.compile(".*[Uu]ser \"system:serviceaccount:[^\"]+\" cannot .*");
  private static final int INVALID = 422;
  private static final String POOL_LABEL = "scanwarden.io/pool";
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform().unstarted(() -> RUNNING.forEach(Process::destroyForcibly)));
  }

  private final Launch launch;
  private final Process process;
  private final Process guard;
  private final Path log;
  private boolean checked;

  private RunningOperator(Launch launch, Process process, Process guard, Path log) {
    this.launch = launch;
    this.process = process;
    this.guard = guard;
    this.log = log;
  }

  /** How to run the operator; {@code RunningOperator.of(plane).start()} is the usual one. */
  public static Launch of(ControlPlane plane) {
    return new Launch(plane);
  }

  /** Applies CRDs, rights and policies, for a test that needs them before its first operator. */
  public static void install(ControlPlane plane) {
    OperatorInstallation.of(plane).allowElectionIn(plane);
  }

  /** What may be different from an ordinary start. */
  public static final class Launch {
    private final ControlPlane plane;
    private final List<String> arguments = new ArrayList<>();
    private Duration leaseDuration = Duration.ofSeconds(15);
    private Duration renewDeadline = Duration.ofSeconds(10);
    private Duration retryPeriod = Duration.ofSeconds(1);
    private @Nullable String testClock;
    private String namespaces;
    private boolean webhook;
    private boolean errorsTolerated;
    private boolean refusalsTolerated;

    private Launch(ControlPlane plane) {
      this.plane = plane;
      namespaces = plane.namespace();
    }

    /** Watches all namespaces, as only an operator does that keeps TenantQuotas. */
    public Launch withAllNamespaces() {
      namespaces = "";
      return this;
    }

    /** It watches this namespace too. */
    public Launch withNamespace(String another) {
      namespaces += "," + another;
      return this;
    }

    /**
     * Terms of the election; 15s, 10s, 1s if not set, which a busy machine keeps. How long a
     * request may take depends on them.
     */
    public Launch withLease(Duration duration, Duration deadline, Duration retry) {
      leaseDuration = duration;
      renewDeadline = deadline;
      retryPeriod = retry;
      return this;
    }

    /** Further options of {@code run}. */
    public Launch withArguments(String... more) {
      arguments.addAll(Arrays.asList(more));
      return this;
    }

    /**
     * The operator's clock begins here and runs {@code rate} times as fast as real time; see {@link
     * RunningOperator#setClock}.
     */
    public Launch withTestClock(Instant now, double rate) {
      testClock = now + "*" + rate;
      return this;
    }

    /**
     * Jobs of the test's namespace with the label of a pool are gated, and schedules validated,
     * from when the operator leads. The webhooks are registered by URL, in configurations that have
     * the name of the test's namespace.
     */
    public Launch withWebhook() {
      webhook = true;
      return this;
    }

    /** The test makes the operator log errors; they are none of its own. */
    public Launch toleratingErrors() {
      errorsTolerated = true;
      return this;
    }

    /**
     * The test makes the API server answer 403 for other reasons than a missing right, such as a
     * ResourceQuota.
     */
    public Launch toleratingRefusals() {
      refusalsTolerated = true;
      return this;
    }

    /** Starts the operator and waits until it listens, not until it leads. */
    public RunningOperator start() {
      return launch(this);
    }
  }

  // ---- starting

  private static RunningOperator launch(Launch launch) {
    ControlPlane plane = launch.plane;
    OperatorInstallation installation = OperatorInstallation.of(plane);
    installation.allowElectionIn(plane);
    if (launch.webhook) {
      installation.allowWebhookIn(plane);
    }
    String name =
        plane.test().replaceAll("[^A-Za-z0-9.]+", "-").replaceAll("^-|-$", "")
            + "-"
            + COUNT.incrementAndGet();
    try {
      Path folder = Files.createDirectories(Path.of("target", "operator-logs").toAbsolutePath());
      Path log = folder.resolve(name + ".log");
      Path kubeconfig = folder.resolve(name + ".kubeconfig");
      Files.writeString(kubeconfig, kubeconfig(plane, installation.token()));
      ProcessBuilder builder = new ProcessBuilder(command(launch, kubeconfig));
      builder.environment().keySet().removeIf(variable -> variable.startsWith("SCANWARDEN_"));
      builder.environment().put("SCANWARDEN_TEST_CLOCK", "1");
      builder.redirectErrorStream(true).redirectOutput(log.toFile());
      Process process = builder.start();
      RUNNING.add(process);
      RunningOperator operator = new RunningOperator(launch, process, guard(process.pid()), log);
      var _ =
          process
              .onExit()
              .thenAccept(
                  ended -> {
                    RUNNING.remove(ended);
                    operator.guard.descendants().forEach(ProcessHandle::destroy);
                    operator.guard.destroy();
                  });
      operator.httpPort();
      return operator;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Kills the operator when this JVM is gone, and had no time for its shutdown hook. */
  private static Process guard(long pid) throws IOException {
    return new ProcessBuilder(
            "sh",
            "-c",
            "while kill -0 \"$1\" 2>/dev/null && kill -0 \"$2\" 2>/dev/null; do sleep 2; done;"
                + " kill -0 \"$1\" 2>/dev/null || kill -9 \"$2\" 2>/dev/null",
            "guard",
            Long.toString(ProcessHandle.current().pid()),
            Long.toString(pid))
        .start();
  }

  private static List<String> command(Launch launch, Path kubeconfig) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Many start, and live for seconds: what helps is a quick start on few cores.
    command.addAll(List.of("-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", classPath(), "io.scanwarden.operator.Main", "run"));
    command.addAll(List.of("--kubeconfig", kubeconfig.toString()));
    if (!launch.namespaces.isEmpty()) {
      command.addAll(List.of("--namespaces", launch.namespaces));
    }
    command.addAll(List.of("--http-port", "0", "--http-address", "127.0.0.1"));
    command.addAll(List.of("--leader-elect-resource-namespace", launch.plane.namespace()));
    command.addAll(List.of("--leader-elect-lease-duration", millis(launch.leaseDuration)));
    command.addAll(List.of("--leader-elect-renew-deadline", millis(launch.renewDeadline)));
    command.addAll(List.of("--leader-elect-retry-period", millis(launch.retryPeriod)));
    if (launch.testClock != null) {
      command.addAll(List.of("--test-clock", launch.testClock));
    }
    if (launch.webhook) {
      command.addAll(List.of("--webhook-port", "0", "--webhook-host", "127.0.0.1"));
      command.addAll(List.of("--webhook-configuration", launch.plane.namespace()));
    }
    command.addAll(launch.arguments);
    return command;
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + "ms";
  }

  /** That of the tests, without the tests. */
  private static String classPath() {
    String all =
        Optional.ofNullable(System.getProperty("surefire.test.class.path"))
            .orElse(System.getProperty("java.class.path"));
    return Stream.of(all.split(File.pathSeparator, -1))
        .filter(entry -> !entry.isEmpty() && !Path.of(entry).endsWith("test-classes"))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static String kubeconfig(ControlPlane plane, String token) {
    Config admin = plane.admin().getConfiguration();
    return """
        apiVersion: v1
        kind: Config
        current-context: scanwarden
        contexts: [{name: scanwarden, context: {cluster: local, user: scanwarden}}]
        clusters: [{name: local, cluster: {server: "%s", certificate-authority-data: "%s"}}]
        users: [{name: scanwarden, user: {token: "%s"}}]
        """
        .formatted(admin.getMasterUrl(), admin.getCaCertData(), token);
  }

  // ---- what it says

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Everything it has logged so far. */
  public List<String> logLines() {
    try {
      return Files.readAllLines(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port of health and metrics. */
  public int httpPort() {
    return Integer.parseInt(awaitLog(PORT).group(1));
  }

  /** The port of the webhook. */
  public int httpsPort() {
    return Integer.parseInt(awaitLog(HTTPS_PORT).group(1));
  }

  /** What a GET of that path answers, whatever its status. */
  public HttpResponse<String> get(String path) {
    return send(HttpRequest.newBuilder(uri(path)).GET());
  }

  /** All metrics, as Prometheus reads them. */
  public String metrics() {
    HttpResponse<String> response = get("/metrics");
    assertThat(response.statusCode()).as("/metrics").isEqualTo(200);
    return response.body();
  }

  /**
   * The sum of all samples of that name that have these labels.
   *
   * @param labels as in the text: {@code verb="create"}
   */
  public double metric(String name, String... labels) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  // ---- what it is told

  /** Waits until it leads and has taken over, and the webhooks are asked if it has them. */
  public RunningOperator awaitLeading() {
    awaitLog(TOOK_OVER);
    if (launch.webhook) {
      awaitLog(REGISTERED);
      await().atMost(START).until(() -> gates() && validates());
    }
    return this;
  }

  /** Whether the API server knows already that it is to ask. */
  private boolean gates() {
    ControlPlane plane = launch.plane;
    Job probe =
        new JobBuilder()
            .withNewMetadata()
            .withName("gated")
            .withNamespace(plane.namespace())
            .addToLabels(POOL_LABEL, "nobody-s")
            .endMetadata()
            .withNewSpec()
            .withNewTemplate()
            .withNewSpec()
            .withRestartPolicy("Never")
            .addNewContainer()
            .withName("c")
            .withImage("none")
            .endContainer()
            .endSpec()
            .endTemplate()
            .endSpec()
            .build();
    try {
      return Boolean.TRUE.equals(
          plane.admin().resource(probe).dryRun().create().getSpec().getSuspend());
    } catch (KubernetesClientException e) {
      return false; // it asks the one before
    }
  }

  private boolean validates() {
    ControlPlane plane = launch.plane;
    try {
      plane
          .admin()
          .resource(
              """
              apiVersion: scanwarden.io/v1alpha1
              kind: ScanSchedule
              metadata: {name: validated}
              spec:
                schedule: 60 * * * *
                jobTemplate:
                  spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: none}]}}}
              """)
          .inNamespace(plane.namespace())
          .dryRun()
          .create();
      return false; // it asks nobody
    } catch (KubernetesClientException e) {
      return e.getCode() == INVALID; // else it asks the one before
    }
  }

  /** Sets the test clock and its rate. */
  public void setClock(Instant now, double rate) {
    clock("{\"now\":\"%s\",\"rate\":%s}".formatted(now, rate));
  }

  /** What the test clock reads. */
  public Instant clock() {
    Matcher now = Pattern.compile("\"now\":\"([^\"]+)\"").matcher(get("/test/clock").body());
    assertThat(now.find()).isTrue();
    return Instant.parse(now.group(1));
  }

  private void clock(String setting) {
    HttpResponse<String> answer =
        send(HttpRequest.newBuilder(uri("/test/clock")).PUT(BodyPublishers.ofString(setting)));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  /** SIGKILL; returns when it is gone. */
  public void kill() {
    if (process.isAlive()) {
      process.destroyForcibly();
    }
    awaitEnd();
  }

  /** SIGSTOP: from now on it does nothing, and does not know it. */
  public void pause() {
    signal("STOP");
  }

  /** SIGCONT. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    Output.of(
            Path.of("kill"),
            Duration.ofSeconds(5),
            Map.of(),
            null,
            "-" + name,
            Long.toString(process.pid()))
        .orThrow();
  }

  /** Completes with its exit code when it has ended, by whatever cause. */
  public CompletableFuture<Integer> exit() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /** SIGTERM; it must end in time. */
  public void stop() {
    checkRefusals();
    process.destroy();
    awaitEnd();
    assertThat(process.exitValue()).as("exit code after SIGTERM").isEqualTo(128 + 15);
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
        throw failure("did not end within " + STOP);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Stops it if it still runs, and fails if it has logged an error or lacked a right. */
  @Override
  public void close() {
    if (process.isAlive()) {
      stop();
    }
    if (checked) {
      return;
    }
    checked = true;
    List<String> lines = logLines();
    if (lines.stream().anyMatch(line -> MISSING_RIGHT.matcher(line).matches())) {
      throw failure("lacks a right that operator/manifests should give");
    }
    if (!launch.errorsTolerated && lines.stream().anyMatch(line -> ERROR.matcher(line).matches())) {
      throw failure("has logged errors");
    }
  }

  /** What a missing right is answered with, whether the operator logs that or not. */
  private void checkRefusals() {
    if (process.isAlive() && !launch.refusalsTolerated) {
      double refused =
          metric("scanwarden_api_request_duration_seconds_count", "code=\"403\"")
              // Just after leadership has moved; that is no right that it lacks.
              - metric("scanwarden_term_refusals_total");
      if (refused > 0) {
        throw failure("was refused " + (long) refused + " requests (403)");
      }
    }
  }

  // ---- plumbing

  private Matcher awaitLog(Pattern pattern) {
    try {
      return await()
          .pollInterval(Duration.ofMillis(50))
          .atMost(START)
          .until(() -> find(pattern), Optional::isPresent)
          .orElseThrow();
    } catch (ConditionTimeoutException e) {
      throw failure("did not log " + pattern + " within " + START);
    }
  }

  private Optional<Matcher> find(Pattern pattern) {
    boolean alive = process.isAlive();
    Optional<Matcher> found =
        logLines().stream().map(pattern::matcher).filter(Matcher::find).findFirst();
    if (found.isEmpty() && !alive) {
      throw failure("ended with exit code " + process.exitValue());
    }
    return found;
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + httpPort() + path);
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return HTTP.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException("the operator's HTTP server does not answer, log: " + log, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private AssertionError failure(String what) {
    List<String> lines = logLines();
    return new AssertionError(
        "the operator %s; the end of %s:%n%s"
            .formatted(
                what,
                log,
                String.join(
                    System.lineSeparator(),
                    lines.subList(Math.max(0, lines.size() - 40), lines.size()))));
  }
}
