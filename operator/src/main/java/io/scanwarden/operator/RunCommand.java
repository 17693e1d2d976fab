package io.scanwarden.operator;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.scanwarden.operator.leader.Leadership;
import io.scanwarden.operator.observe.Logging;
import io.scanwarden.operator.observe.audit.AuditOptions;
import io.scanwarden.operator.time.TestWorkClock;
import io.scanwarden.operator.webhook.WebhookOptions;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.bouncycastle.util.IPAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code scanwarden run}: the operator. */
@Command(
    name = "run",
    description = {
      "Runs the operator until it is stopped.",
      "",
      "It uses --kubeconfig, else KUBECONFIG, else ~/.kube/config, else the in-cluster configuration."
          + " Each option may be set by the environment variable under it instead."
    },
    mixinStandardHelpOptions = true,
    versionProvider = ScanwardenCommand.Version.class,
    sortOptions = false,
    abbreviateSynopsis = true)
final class RunCommand implements Callable<Integer> {
  private static final String TEST_CLOCK_ALLOWED = "SCANWARDEN_TEST_CLOCK";

  private static final String DNS_LABEL = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
  private static final String DNS_NAME = DNS_LABEL + "(\\." + DNS_LABEL + ")*";

  /** How long a stop may take before the process ends anyhow. */
  private static final Duration STOP = Duration.ofSeconds(3);

  @OptionHelp.Heading("Scope")
  static final class Scope {
    @Option(
        names = "--namespaces",
        split = ",",
        hideParamSyntax = true,
        paramLabel = "NAME[,NAME...]",
        description = "Namespaces to watch. All, when not set.")
    Set<String> namespaces = new LinkedHashSet<>();
  }

  @OptionHelp.Heading("Kubernetes API")
  static final class Api {
    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "How to reach the cluster.")
    @Nullable Path kubeconfig;

    @Option(
        names = "--kube-api-qps",
        paramLabel = "NUMBER",
        description =
            "At most so many requests a second. No limit, when not set: the API server's own priority and fairness"
                + " share it out.")
    @Nullable Double qps;

    @Option(
        names = "--kube-api-burst",
        paramLabel = "NUMBER",
        description =
            "So many at once after a rest, where --kube-api-qps is set. Twice that, when not set.")
    @Nullable Integer burst;
  }

  @OptionHelp.Heading("Health and metrics")
  static final class Http {
    @Option(
        names = "--http-port",
        paramLabel = "PORT",
        description = "Port of /livez, /readyz and /metrics. 0: any that is free, see the log.")
    int port = 8080;

    @Option(
        names = "--http-address",
        paramLabel = "ADDRESS",
        description = "Address to listen on, for the webhook too.")
    String address = "0.0.0.0";
  }

  @OptionHelp.Heading("Webhook")
  static final class Webhook {
    @Option(
        names = "--webhook-port",
        paramLabel = "PORT",
        description =
            "Port of the webhooks, which hold back Jobs with the label of a WorkerPool, validate ScanSchedules and"
                + " enforce quotas, over HTTPS. 0: any that is free. No webhook is served, when not set.")
    @Nullable Integer port;

    @Option(
        names = "--webhook-host",
        paramLabel = "HOST",
        description =
            "Name or IP address under which the API server reaches this process: the webhooks are registered by its"
                + " URL. They are called through a Service, when not set.")
    String host = "";

    @Option(
        names = "--webhook-secret",
        paramLabel = "NAME",
        description =
            "The Secret with the webhook's certificate, in the Lease's namespace. It has to exist; the operator fills"
                + " it.")
    String secret = "scanwarden-webhook";

    @Option(
        names = "--webhook-configuration",
        paramLabel = "NAME",
        description =
            "The MutatingWebhookConfiguration and the ValidatingWebhookConfiguration, which have to exist. A Service,"
                + " where one is called, has that name too, in the Lease's namespace.")
    String configuration = "scanwarden";
  }

  @OptionHelp.Heading("Logs")
  static final class Logs {
    @Option(
        names = "--log-format",
        paramLabel = "FORMAT",
        description = "text or json, on standard error.")
    Logging.Format format = Logging.Format.TEXT;

    @Option(
        names = "--log-level",
        paramLabel = "LEVEL",
        description = "debug, info, warn or error.")
    Logging.Threshold level = Logging.Threshold.INFO;
  }

  @OptionHelp.Heading("Audit log")
  static final class Audit {
    @Option(
        names = "--audit-log",
        paramLabel = "FILE",
        description =
            "Where each decision is recorded, in a line of JSON; - is standard output. A process needs a file of its"
                + " own. No audit log is written, when not set.")
    @Nullable String file;

    @Option(
        names = "--audit-log-max-size",
        paramLabel = "QUANTITY",
        description = "A file that would become larger is renamed, and another one begun.")
    String maxSize = "100Mi";

    @Option(
        names = "--audit-log-max-files",
        paramLabel = "NUMBER",
        description = "So many files are kept, with the one that is written: at least 2.")
    int maxFiles = 10;
  }

  @OptionHelp.Heading("Leader election")
  static final class Election {
    @Option(
        names = "--leader-elect-lease-duration",
        paramLabel = "DURATION",
        description =
            "How long others wait after the last renewal before one of them leads. Whole seconds.")
    Duration leaseDuration = Leadership.Options.DEFAULT_LEASE_DURATION;

    @Option(
        names = "--leader-elect-renew-deadline",
        paramLabel = "DURATION",
        description = "How long the leader acts without a renewal; then it halts.")
    Duration renewDeadline = Leadership.Options.DEFAULT_RENEW_DEADLINE;

    @Option(
        names = "--leader-elect-retry-period",
        paramLabel = "DURATION",
        description = "How long to wait between two tries to get or renew the Lease.")
    Duration retryPeriod = Leadership.Options.DEFAULT_RETRY_PERIOD;

    @Option(
        names = "--leader-elect-resource-name",
        paramLabel = "NAME",
        description = "The Lease's name.")
    String name = "scanwarden";

    @Option(
        names = "--leader-elect-resource-namespace",
        paramLabel = "NAME",
        description =
            "The Lease's namespace. That of the Pod or of the kubeconfig's context, when not set.")
    String namespace = "";
  }

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private final Scope scope = new Scope();
  @Mixin private final Api api = new Api();
  @Mixin private final Http http = new Http();
  @Mixin private final Webhook webhook = new Webhook();
  @Mixin private final Logs logs = new Logs();
  @Mixin private final Audit audit = new Audit();
  @Mixin private final Election election = new Election();

  @Option(names = "--test-clock", paramLabel = "TIME[*RATE]", hidden = true)
  private @Nullable String testClock;

  private final Map<String, String> environment;
  private final OperatorProcess.Rooms rooms;

  /** There is to be an audit log, and it cannot be written. */
  static final class NoAuditLog extends Exception {
    private static final long serialVersionUID = 1;

    NoAuditLog(String file, IOException cause) {
      super("cannot write the audit log " + file + ": " + cause.getMessage(), cause);
    }
  }

  RunCommand(Map<String, String> environment, OperatorProcess.Rooms rooms) {
    this.environment = environment;
    this.rooms = rooms;
  }

  @Override
  public Integer call() throws Cluster.Unusable, NoAuditLog, InterruptedException {
    check();
    Optional<AuditOptions> auditLog = auditLog();
    Leadership.Options asked = election("default");
    TestWorkClock clock = testClock();
    Logging.configure(logs.format, logs.level);
    Config cluster = Cluster.find(api.kubeconfig, environment);
    String version = Cluster.check(cluster);
    LoggerFactory.getLogger(RunCommand.class)
        .info(
            "Scanwarden {} at {}, Kubernetes {}", Main.version(), cluster.getMasterUrl(), version);
    int burst =
        Optional.ofNullable(api.burst)
            .orElseGet(() -> api.qps == null ? 0 : (int) Math.ceil(2 * api.qps));
    String namespace =
        election.namespace.isEmpty() ? Cluster.namespace(cluster) : election.namespace;
    run(
        new ProcessOptions(
            cluster,
            Set.copyOf(scope.namespaces),
            http.address,
            http.port,
            api.qps,
            burst,
            asked.inNamespace(namespace),
            webhook(namespace),
            auditLog,
            clock));
    return 0;
  }

  /** Runs until the JVM is told to end; its hook then stops everything in order. */
  private void run(ProcessOptions options) throws NoAuditLog, InterruptedException {
    OperatorProcess process = process(options);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(process)));
    process.start();
    new CountDownLatch(1).await();
  }

  private OperatorProcess process(ProcessOptions options) throws NoAuditLog {
    try {
      return new OperatorProcess(options, rooms);
    } catch (IOException e) {
      throw new NoAuditLog(String.valueOf(audit.file), e);
    }
  }

  private static void stop(OperatorProcess process) {
    LoggerFactory.getLogger(RunCommand.class).info("Stopping");
    Thread stop = Thread.ofPlatform().daemon().name("stop-all").start(process::close);
    try {
      if (stop.join(STOP)) {
        LoggerFactory.getLogger(RunCommand.class).info("Stopped");
      } else {
        LoggerFactory.getLogger(RunCommand.class)
            .warn("Not stopped within {} s; ending", STOP.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void check() {
    require(
        http.port >= 0 && http.port <= 65535,
        "--http-port must be between 0 and 65535, not " + http.port);
    require(
        api.qps == null || api.qps > 0, "--kube-api-qps must be greater than 0, not " + api.qps);
    require(
        api.burst == null || api.burst > 0,
        "--kube-api-burst must be greater than 0, not " + api.burst);
    checkWebhook();
    for (String namespace : scope.namespaces) {
      require(
          namespace.matches(DNS_LABEL),
          "--namespaces: '" + namespace + "' is not a name of a namespace");
    }
  }

  private void checkWebhook() {
    Integer port = webhook.port;
    require(
        port == null || (port >= 0 && port <= 65535),
        "--webhook-port must be between 0 and 65535, not " + port);
    require(
        webhook.host.isEmpty() || port != null, "--webhook-host needs --webhook-port: 0 for any");
    require(
        webhook.host.isEmpty() || IPAddress.isValid(webhook.host) || webhook.host.matches(DNS_NAME),
        "--webhook-host: '"
            + webhook.host
            + "' is neither a DNS name in lower case nor an IP address");
    require(
        webhook.secret.matches(DNS_NAME),
        "--webhook-secret: '" + webhook.secret + "' is not a name of a Secret");
    require(
        webhook.configuration.matches(DNS_LABEL),
        "--webhook-configuration: '"
            + webhook.configuration
            + "' is not a name that a Service may have too");
  }

  private Leadership.Options election(String namespace) {
    try {
      return new Leadership.Options(
          namespace,
          election.name,
          identity(),
          election.leaseDuration,
          election.renewDeadline,
          election.retryPeriod);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private @Nullable TestWorkClock testClock() {
    if (testClock == null) {
      return null;
    }
    require(
        "1".equals(environment.get(TEST_CLOCK_ALLOWED)),
        "--test-clock is for tests: it needs " + TEST_CLOCK_ALLOWED + "=1");
    try {
      return TestWorkClock.parse(testClock);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--test-clock: " + e.getMessage(), e);
    }
  }

  private Optional<WebhookOptions> webhook(String namespace) {
    return Optional.ofNullable(webhook.port)
        .map(
            port ->
                new WebhookOptions(
                    http.address,
                    port,
                    Optional.of(webhook.host).filter(host -> !host.isEmpty()),
                    namespace,
                    webhook.secret,
                    webhook.configuration));
  }

  private Optional<AuditOptions> auditLog() {
    long maxBytes = bytes("--audit-log-max-size", audit.maxSize);
    require(audit.maxFiles >= 2, "--audit-log-max-files must be at least 2, not " + audit.maxFiles);
    try {
      return Optional.ofNullable(audit.file)
          .map(file -> file.equals("-") ? Optional.<Path>empty() : Optional.of(Path.of(file)))
          .map(file -> new AuditOptions(file, maxBytes, audit.maxFiles));
    } catch (InvalidPathException e) {
      throw new ParameterException(spec.commandLine(), "--audit-log: " + e.getMessage(), e);
    }
  }

  private long bytes(String option, String quantity) {
    String message = option + ": '" + quantity + "' is not a size of at least 1Ki such as 100Mi";
    try {
      BigDecimal bytes = Quantity.getAmountInBytes(Quantity.parse(quantity));
      require(
          bytes.compareTo(BigDecimal.valueOf(1024)) >= 0
              && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0,
          message);
      return bytes.longValue();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), message, e);
    }
  }

  private void require(boolean met, String message) {
    if (!met) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  /** Different in each process, and telling which machine or Pod. */
  private static String identity() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    return host + "_" + UUID.randomUUID();
  }
}
