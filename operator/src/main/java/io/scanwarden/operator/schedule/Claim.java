package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;

/**
 * A run that was accepted and has no Job yet.
 *
 * @param startAt the earliest moment of its start: the nominal time plus jitter
 * @param reason why it has not started
 */
record Claim(RunKey key, Trigger trigger, Instant startAt, WaitReason reason) {
  Claim because(WaitReason newReason) {
    return newReason == reason ? this : new Claim(key, trigger, startAt, newReason);
  }
}
