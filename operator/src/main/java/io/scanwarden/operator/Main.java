package io.scanwarden.operator;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The program. */
public final class Main {
  private Main() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = ScanwardenCommand.commandLine(System.getenv(), out, err).execute(args);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /**
   * The version of this program, from its manifest; {@code development} when it was not packaged.
   */
  static String version() {
    return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
