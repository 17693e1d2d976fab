package io.scanwarden.operator.observe.audit;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the audit log goes.
 *
 * @param file empty for standard output
 * @param maxBytes a file becomes no larger than this
 * @param maxFiles so many files are kept, with the one that is written; at least 2
 */
public record AuditOptions(Optional<Path> file, long maxBytes, int maxFiles) {

  public AuditOptions {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("a file must be allowed to have a size");
    }
    if (maxFiles < 2) {
      throw new IllegalArgumentException("there must be a file to write and one before it");
    }
  }
}
