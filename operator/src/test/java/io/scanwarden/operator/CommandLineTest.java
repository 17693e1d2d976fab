package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.observe.LoggingAsFound;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(LoggingAsFound.class)
class CommandLineTest {
  private record Outcome(int code, String out, String err) {}

  private final Map<String, String> environment = new LinkedHashMap<>();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
      run --http-prot 1 | Unknown option: '--http-prot' (did you mean --http-port?).
      run --http-port x | Invalid value for option '--http-port': 'x' is not an int.
      run --http-port 65536 | --http-port must be between 0 and 65535, not 65536.
      run --http-port | Missing required parameter for option '--http-port' (PORT).
      run --log-format xml | Invalid value for option '--log-format': 'xml' is none of text, json.
      run --log-level loud | Invalid value for option '--log-level': 'loud' is none of debug, info, warn, error.
      run --kube-api-qps 0 | --kube-api-qps must be greater than 0, not 0.0.
      run --kube-api-burst -1 | --kube-api-burst must be greater than 0, not -1.
      run --namespaces a,B | --namespaces: 'B' is not a name of a namespace.
      run --namespaces a,,b | --namespaces: '' is not a name of a namespace.
      run --webhook-port 65536 | --webhook-port must be between 0 and 65535, not 65536.
      run --webhook-host 127.0.0.1 | --webhook-host needs --webhook-port: 0 for any.
      run --webhook-port 0 --webhook-host https://here | --webhook-host: 'https://here' is neither a DNS name in lower case nor an IP address.
      run --webhook-port 0 --webhook-secret A | --webhook-secret: 'A' is not a name of a Secret.
      run --webhook-port 0 --webhook-configuration a.b | --webhook-configuration: 'a.b' is not a name that a Service may have too.
      run --audit-log a --audit-log-max-size 100 | --audit-log-max-size: '100' is not a size of at least 1Ki such as 100Mi.
      run --audit-log a --audit-log-max-size much | --audit-log-max-size: 'much' is not a size of at least 1Ki such as 100Mi.
      run --audit-log a --audit-log-max-files 1 | --audit-log-max-files must be at least 2, not 1.
      run --leader-elect-retry-period 2 | Invalid value for option '--leader-elect-retry-period': '2' is not a duration such as 15s or 1m30s.
      run --leader-elect-lease-duration 10s | --leader-elect-lease-duration must be greater than --leader-elect-renew-deadline.
      run --leader-elect-retry-period 9s | --leader-elect-renew-deadline must be greater than 1.2 times --leader-elect-retry-period.
      run --test-clock 2026-10-25T00:59:50Z | --test-clock is for tests: it needs SCANWARDEN_TEST_CLOCK=1.
      run now | Unknown argument: 'now'.
      """)
  void aWrongCallIsOneLineAndExitCode2(String arguments, String message) {
    Outcome outcome = call(arguments.split(" "));

    assertThat(outcome.err())
        .isEqualTo(
            "scanwarden run: "
                + message
                + " Try 'scanwarden run --help'."
                + System.lineSeparator());
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void aBadTestClockIsOneLine() {
    environment.put("SCANWARDEN_TEST_CLOCK", "1");

    assertThat(call("run", "--test-clock", "soon").err())
        .isEqualToIgnoringNewLines(
            "scanwarden run: --test-clock: 'soon' is not a time such as 2026-10-25T00:59:50Z or, sped up,"
                + " 2026-10-25T00:59:50Z*60. Try 'scanwarden run --help'.");
  }

  @Test
  void aBadValueInTheEnvironmentSaysWhere() {
    environment.put("SCANWARDEN_LEADER_ELECT_RENEW_DEADLINE", "soon");

    Outcome outcome = call("run");

    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "scanwarden run: Invalid value for option '--leader-elect-renew-deadline': 'soon' is not a duration such as"
                + " 15s or 1m30s (from SCANWARDEN_LEADER_ELECT_RENEW_DEADLINE). Try 'scanwarden run --help'.");
    assertThat(outcome.code()).isEqualTo(2);
  }

  @Test
  void theOptionGoesBeforeTheEnvironment() {
    environment.put("SCANWARDEN_HTTP_PORT", "x");
    environment.put("SCANWARDEN_LOG_LEVEL", "loud");

    assertThat(call("run", "--http-port=70000", "--log-level=info").err()).contains("not 70000");
  }

  @Test
  void anEmptyVariableIsNone() {
    environment.put("SCANWARDEN_HTTP_PORT", "");

    assertThat(call("run").code()).isEqualTo(1);
  }

  @Test
  void noCommandIsUsageAndExitCode2() {
    Outcome outcome = call();

    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err()).contains("Usage: scanwarden").contains("run");
    assertThat(outcome.out()).isEmpty();
    assertThat(call("fly").err())
        .isEqualToIgnoringNewLines("scanwarden: Unknown argument: 'fly'. Try 'scanwarden --help'.");
  }

  @Test
  void helpAndVersion() {
    assertThat(call("--version"))
        .isEqualTo(new Outcome(0, "scanwarden development" + System.lineSeparator(), ""));
    assertThat(call("--help").code()).isZero();

    Outcome help = call("run", "--help");

    assertThat(help.code()).isZero();
    assertThat(help.out())
        .contains(
            "Leader election:",
            "SCANWARDEN_LEADER_ELECT_LEASE_DURATION, default 15s",
            "SCANWARDEN_HTTP_PORT, default 8080",
            "SCANWARDEN_NAMESPACES",
            "-V, --version")
        .doesNotContain("test-clock");
  }

  @Test
  void everyOptionHasItsVariableInTheHelp() {
    String help = call("run", "--help").out();

    ScanwardenCommand.commandLine(
            environment, new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()))
        .getSubcommands()
        .values()
        .stream()
        .flatMap(c -> c.getCommandSpec().options().stream())
        .filter(o -> !o.hidden())
        .flatMap(o -> EnvironmentDefaults.variable(o).stream())
        .forEach(variable -> assertThat(help).contains(variable));
  }

  @Test
  void noClusterAtAll(@TempDir Path home) {
    environment.put("HOME", home.toString());

    assertThat(call("run"))
        .isEqualTo(
            new Outcome(
                1,
                "",
                "scanwarden: no cluster to connect to: there is no --kubeconfig, no KUBECONFIG, no ~/.kube/config, and"
                    + " this is no Pod with a service account"
                    + System.lineSeparator()));
  }

  @Test
  void aKubeconfigThatIsNoneIsOneLine(@TempDir Path folder) throws IOException {
    Path missing = folder.resolve("missing");
    assertThat(call("run", "--kubeconfig", missing.toString()).err())
        .isEqualToIgnoringNewLines("scanwarden: cannot read the kubeconfig " + missing);

    Path broken = Files.writeString(folder.resolve("broken"), "{[");
    environment.put("KUBECONFIG", broken.toString());
    Outcome outcome = call("run");
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .startsWith("scanwarden: cannot use the kubeconfig " + broken + ": ");
    assertThat(outcome.code()).isEqualTo(1);

    Path empty = Files.writeString(folder.resolve("empty"), "apiVersion: v1\nkind: Config\n");
    environment.put("KUBECONFIG", empty.toString());
    assertThat(call("run").err())
        .isEqualToIgnoringNewLines(
            "scanwarden: the kubeconfig " + empty + " has no current context");
  }

  @Test
  void aClusterThatDoesNotAnswerIsOneLineWithinSeconds(@TempDir Path folder) throws IOException {
    try (ServerSocket silent = new ServerSocket(0)) {
      Path kubeconfig = kubeconfig(folder, silent.getLocalPort());

      Outcome outcome = call("run", "--kubeconfig", kubeconfig.toString());

      assertThat(outcome.err().lines())
          .singleElement()
          .asString()
          .startsWith(
              "scanwarden: cannot reach the Kubernetes API at http://127.0.0.1:"
                  + silent.getLocalPort()
                  + "/: no answer within 3 s");
      assertThat(outcome.code()).isEqualTo(1);
    }
  }

  @Test
  void aClusterThatIsNotThereIsOneLine(@TempDir Path folder) throws IOException {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }

    Outcome outcome = call("run", "--kubeconfig", kubeconfig(folder, port).toString());

    assertThat(outcome.err())
        .isEqualToIgnoringNewLines(
            "scanwarden: cannot reach the Kubernetes API at http://127.0.0.1:"
                + port
                + "/: connection refused");
    assertThat(outcome.code()).isEqualTo(1);
  }

  static Path kubeconfig(Path folder, int port) throws IOException {
    return Files.writeString(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        kind: Config
        current-context: test
        contexts: [{name: test, context: {cluster: test, user: test, namespace: scans}}]
        clusters: [{name: test, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: test, user: {token: secret}}]
        """
            .formatted(port));
  }

  private Outcome call(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        ScanwardenCommand.commandLine(
                environment, new PrintWriter(out, true), new PrintWriter(err, true))
            .execute(arguments);
    return new Outcome(code, out.toString(), err.toString());
  }
}
