package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.Trigger;
import java.time.Instant;

/**
 * A run that was accepted and has no Job yet.
 *
 * @param startAt the moment from which it may start: the nominal time plus jitter, or later, when
 *     what it waited for was over
 * @param reason why it has not started
 */
record Claim(RunKey key, Trigger trigger, Instant startAt, WaitReason reason) {
  Claim startingAt(Instant newStartAt) {
    return new Claim(key, trigger, newStartAt, reason);
  }

  Claim because(WaitReason newReason) {
    return newReason == reason ? this : new Claim(key, trigger, startAt, newReason);
  }
}
