package io.scanwarden.operator.observe.audit;

import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** Where lines are kept. For one thread. */
interface AuditSink extends Closeable {

  /**
   * Where the log stands.
   *
   * @param head the last line that is kept
   * @param torn the SHA-256 of an unfinished line behind it
   */
  record Standing(AuditHead head, Optional<String> torn) {}

  /** Begins to write, or does so again after something has failed. */
  Standing open() throws IOException;

  /** Adds a line, which may stay in memory until {@link #flush}. */
  void append(AuditLine line) throws IOException;

  /** Hands to the operating system what was added: it outlasts this process. */
  void flush() throws IOException;

  /** Has what was flushed on the disk: it outlasts the machine. */
  void sync() throws IOException;
}
