package io.scanwarden.operator;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** A wrong call is told in one line on standard error, and exit code 2. */
record OneLineErrors(Map<String, String> environment)
    implements CommandLine.IParameterExceptionHandler {

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String message =
        e instanceof UnmatchedArgumentException unmatched
            ? (unmatched.isUnknownOption() ? "Unknown option: '" : "Unknown argument: '")
                + unmatched.getUnmatched().getFirst()
                + "'"
            : String.valueOf(e.getMessage()).strip().replaceAll("\\s+", " ");
    command
        .getErr()
        .println(
            name
                + ": "
                + message
                + source(e, args)
                + suggestion(e)
                + ". Try '"
                + name
                + " --help'.");
    return CommandLine.ExitCode.USAGE;
  }

  /** A value that was not on the command line came from the environment. */
  private String source(ParameterException e, String[] args) {
    if (!(e.getArgSpec() instanceof OptionSpec option)) {
      return "";
    }
    boolean given =
        Arrays.stream(args)
            .anyMatch(
                arg ->
                    Arrays.stream(option.names())
                        .anyMatch(n -> arg.equals(n) || arg.startsWith(n + "=")));
    return EnvironmentDefaults.variable(option)
        .filter(variable -> !given && environment.containsKey(variable))
        .map(variable -> " (from " + variable + ")")
        .orElse("");
  }

  private static String suggestion(ParameterException e) {
    if (!(e instanceof UnmatchedArgumentException unmatched) || !unmatched.isUnknownOption()) {
      return "";
    }
    List<String> similar = unmatched.getSuggestions();
    return Optional.ofNullable(similar)
        .filter(s -> !s.isEmpty())
        .map(s -> " (did you mean " + s.getFirst() + "?)")
        .orElse("");
  }
}
