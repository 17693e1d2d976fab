package io.scanwarden.operator.observe;

import java.util.Optional;

/**
 * Whether a resource can work, apart from what it leads to.
 *
 * @param ready whether it can
 * @param reason the Ready condition's, one fixed word
 * @param condition what else is True beside Ready=False, as kstatus knows it: Stalled where editing
 *     this object is what helps, Reconciling where trying again does
 */
public record Verdict(boolean ready, String reason, String message, Optional<String> condition) {
  public static final String STALLED = "Stalled";
  public static final String RECONCILING = "Reconciling";

  public static Verdict ready(String reason, String message) {
    return new Verdict(true, reason, message, Optional.empty());
  }

  public static Verdict stalled(String reason, String message) {
    return new Verdict(false, reason, message, Optional.of(STALLED));
  }

  public static Verdict reconciling(String reason, String message) {
    return new Verdict(false, reason, message, Optional.of(RECONCILING));
  }
}
