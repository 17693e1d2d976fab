package io.scanwarden.operator;

import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code scanwarden audit}: what can be done with an audit log. */
@Command(
    name = "audit",
    description = "Looks into audit logs.",
    mixinStandardHelpOptions = true,
    versionProvider = ScanwardenCommand.Version.class,
    synopsisSubcommandLabel = "COMMAND")
final class AuditCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return CommandLine.ExitCode.USAGE;
  }
}
