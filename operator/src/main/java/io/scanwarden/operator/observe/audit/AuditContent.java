package io.scanwarden.operator.observe.audit;

/** What a line says, beside its place in the log. */
sealed interface AuditContent permits AuditEntry, AuditContent.Gap, AuditContent.Torn {

  /** So many lines were lost. */
  record Gap(long lost) implements AuditContent {}

  /**
   * The line before this one was left unfinished.
   *
   * @param sha256 of what there is of it
   */
  record Torn(String sha256) implements AuditContent {}
}
