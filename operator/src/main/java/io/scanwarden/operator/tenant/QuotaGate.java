package io.scanwarden.operator.tenant;

/** Where places are asked for. Thread-safe. */
@FunctionalInterface
public interface QuotaGate {
  /**
   * Asks for a place, and waits for the answer, for less than the time that an admission webhook
   * has. A place that was given, and that no object took, comes back after about a minute.
   */
  QuotaAnswer ask(QuotaRequest request);
}
