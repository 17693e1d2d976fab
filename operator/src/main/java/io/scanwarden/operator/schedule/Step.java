package io.scanwarden.operator.schedule;

import java.time.Instant;
import java.util.List;

/**
 * What a schedule wants done now.
 *
 * @param wakeAt when to ask again if nothing happens before; {@link Instant#MAX} for never
 */
record Step(List<Operation> operations, Instant wakeAt) {
  static final Step NOTHING = new Step(List.of(), Instant.MAX);
}
