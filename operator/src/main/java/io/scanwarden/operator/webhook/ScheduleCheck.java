package io.scanwarden.operator.webhook;

import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.util.List;

/** Reads the spec of a ScanSchedule as the operator is going to. Thread-safe. */
@FunctionalInterface
public interface ScheduleCheck {
  /**
   * Reads a spec.
   *
   * @return what its author should know, though it is valid: at most 120 characters each
   * @throws InvalidScheduleException if it is not
   */
  List<String> check(String namespace, String name, RawJson spec) throws InvalidScheduleException;
}
