package io.scanwarden.operator.schedule;

import java.util.Optional;

/**
 * Whether a schedule can work, apart from its runs' results.
 *
 * @param ready whether it can
 * @param reason the Ready condition's, one fixed word
 * @param condition what else is True beside Ready=False, as kstatus knows it: Stalled where editing
 *     this object is what helps, Reconciling where trying again does
 */
record Verdict(boolean ready, String reason, String message, Optional<String> condition) {
  static final String STALLED = "Stalled";
  static final String RECONCILING = "Reconciling";

  static Verdict ready(String reason, String message) {
    return new Verdict(true, reason, message, Optional.empty());
  }

  static Verdict stalled(String reason, String message) {
    return new Verdict(false, reason, message, Optional.of(STALLED));
  }

  static Verdict reconciling(String reason, String message) {
    return new Verdict(false, reason, message, Optional.of(RECONCILING));
  }
}
