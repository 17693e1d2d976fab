package io.scanwarden.operator;

import java.io.PrintWriter;
import java.time.Duration;
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
            .setOut(out)
            .setErr(err)
            .setDefaultValueProvider(defaults)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .registerConverter(Duration.class, GoDuration::parse)
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

  private static int failed(
      Exception failure, CommandLine commandLine, CommandLine.ParseResult result) throws Exception {
    if (failure instanceof Cluster.Unusable) {
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
