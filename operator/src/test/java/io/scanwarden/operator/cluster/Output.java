package io.scanwarden.operator.cluster;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a program that has ended leaves behind.
 *
 * @param command the command line, for messages
 */
public record Output(List<String> command, int exitCode, String stdout, String stderr) {

  /** This output of a program that succeeded; otherwise a failure that says what it printed. */
  public Output orThrow() {
    if (exitCode != 0) {
      throw new AssertionError(
          "%s ended with exit code %d%n%s%s"
              .formatted(String.join(" ", command), exitCode, stdout, stderr));
    }
    return this;
  }

  /** Runs a program to its end, with all of its input, and kills one that takes longer. */
  static Output of(
      Path program,
      Duration timeout,
      Map<String, String> environment,
      @Nullable String stdin,
      String... arguments) {
    List<String> command =
        Stream.concat(Stream.of(program.toString()), Stream.of(arguments)).toList();
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      CompletableFuture<String> stdout =
          CompletableFuture.supplyAsync(
              () -> read(process.getInputStream()), Thread::startVirtualThread);
      CompletableFuture<String> stderr =
          CompletableFuture.supplyAsync(
              () -> read(process.getErrorStream()), Thread::startVirtualThread);
      write(process.getOutputStream(), stdin);
      boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      Output output = new Output(command, process.exitValue(), stdout.join(), stderr.join());
      if (!ended) {
        throw new AssertionError("took longer than %s: %s".formatted(timeout, output));
      }
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + command, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while running " + command, e);
    }
  }

  private static void write(OutputStream stdin, @Nullable String text) {
    try (stdin) {
      if (text != null) {
        stdin.write(text.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      // A program may end without reading its input; its exit code says what came of it.
      return;
    }
  }

  private static String read(InputStream stream) {
    try (stream) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
