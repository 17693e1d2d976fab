package io.scanwarden.operator;

import io.scanwarden.operator.observe.audit.AuditVerification;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code scanwarden audit verify}: whether a log is as it was written. */
@Command(
    name = "verify",
    description = {
      "Finds lines of an audit log that were changed, moved or taken away.",
      "",
      "  scanwarden audit verify audit.log",
      "  scanwarden audit verify audit.log --head 6c1f...",
      "",
      "It reads FILE and the files that it was rotated to, FILE.1 and so on. Exit code 0: nothing was found;"
          + " 1: something was; 2: the log cannot be read."
    },
    mixinStandardHelpOptions = true,
    versionProvider = ScanwardenCommand.Version.class,
    sortOptions = false,
    abbreviateSynopsis = true)
final class AuditVerifyCommand implements Callable<Integer> {
  private static final int MOST = 20;

  @Parameters(paramLabel = "FILE", description = "The log, as --audit-log named it.")
  private String file = "";

  @Option(
      names = "--head",
      paramLabel = "HASH",
      description =
          "The hash of a line, as the operator's log or /audit/head has told it: the log must still have that line."
              + " Without it nobody can tell whether the last lines were cut off.")
  private @Nullable String head;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    if (head != null && !head.matches("[0-9a-f]{64}")) {
      throw wrong("--head: '" + head + "' is not a hash: 64 digits of 0-9 and a-f");
    }
    AuditVerification.Result result = verify();
    PrintWriter out = spec.commandLine().getOut();
    result.notes().forEach(note -> out.println("note: " + note));
    List<AuditVerification.Finding> findings = result.findings();
    findings.stream().limit(MOST).forEach(out::println);
    if (findings.size() > MOST) {
      out.println("and " + (findings.size() - MOST) + " more like these");
    }
    out.printf(
        "%s: %d lines in %d files, seq %d to %d, head %s%n",
        findings.isEmpty() ? "OK" : "BROKEN",
        result.lines(),
        result.files(),
        result.first(),
        result.head().seq(),
        result.head().hash());
    return findings.isEmpty() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private AuditVerification.Result verify() {
    try {
      return AuditVerification.verify(Path.of(file), Optional.ofNullable(head));
    } catch (NoSuchFileException | InvalidPathException e) {
      throw wrong("there is no file " + file);
    } catch (IOException e) {
      throw wrong("cannot read " + file + ": " + e.getMessage());
    }
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
