package io.scanwarden.operator;

import static java.util.stream.Collectors.joining;

import io.scanwarden.operator.observe.Logging;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code scanwarden}: exit codes are 0, 1 when a command failed, 2 when it was called wrongly. */
@Command(
    name = "scanwarden",
    description = "Schedules, queues and caps security scans on Kubernetes.",
    mixinStandardHelpOptions = true,
    versionProvider = ScanwardenCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class ScanwardenCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** The whole command line, in this environment. */
  static CommandLine commandLine(
      Map<String, String> environment, PrintWriter out, PrintWriter err) {
    EnvironmentDefaults defaults = new EnvironmentDefaults(environment);
    CommandLine commandLine =
        new CommandLine(new ScanwardenCommand())
            .addSubcommand(new RunCommand(environment, Main::rooms))
            .addSubcommand(new NextCommand(System.in))
            .addSubcommand(
                new CommandLine(new AuditCommand()).addSubcommand(new AuditVerifyCommand()))
            .setOut(out)
            .setErr(err)
            .setDefaultValueProvider(defaults)
            .registerConverter(Duration.class, GoDuration::parse)
            .registerConverter(Logging.Format.class, oneOf(Logging.Format.values()))
            .registerConverter(Logging.Threshold.class, oneOf(Logging.Threshold.values()))
            .setParameterExceptionHandler(new OneLineErrors(environment))
            .setExecutionExceptionHandler(ScanwardenCommand::failed);
    commandLine.getSubcommands().values().forEach(OptionHelp::install);
    return commandLine;
  }

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return CommandLine.ExitCode.USAGE;
  }

  /** Reads one of these values as {@code toString} writes it. */
  private static <T> CommandLine.ITypeConverter<T> oneOf(T[] values) {
    return text ->
        Arrays.stream(values)
            .filter(value -> value.toString().equals(text))
            .findFirst()
            .orElseThrow(
                () ->
                    new CommandLine.TypeConversionException(
                        "'"
                            + text
                            + "' is none of "
                            + Arrays.stream(values).map(Object::toString).collect(joining(", "))));
  }

  private static int failed(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult result) throws Exception {
    if (failure instanceof Cluster.Unusable || failure instanceof RunCommand.NoAuditLog) {
      commandLine.getErr().println("scanwarden: " + failure.getMessage());
      return CommandLine.ExitCode.SOFTWARE;
    }
    throw failure;
  }

  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"scanwarden " + Main.version()};
    }
  }
}
