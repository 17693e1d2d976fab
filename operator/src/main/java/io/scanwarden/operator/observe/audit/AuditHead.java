package io.scanwarden.operator.observe.audit;

/**
 * The place of a line in the log.
 *
 * @param seq its number; 0 where there is no line yet
 * @param hash of the line, SHA-256 in lower-case hexadecimal digits
 */
public record AuditHead(long seq, String hash) {

  /** Before the first line. */
  static final AuditHead NONE = new AuditHead(0, "0".repeat(64));
}
