package io.scanwarden.operator.time;

import java.time.ZoneId;
import java.time.zone.ZoneRules;

/**
 * A cron expression on the clocks of a zone.
 *
 * <p>The rule for daylight saving time: an expression that names all 24 hours follows real time, so
 * every real minute whose local reading matches is due. Any other follows the wall clock: each
 * matching local time is due once, in a gap at the transition or not at all, in an overlap at the
 * first pass or at both.
 */
record CronTrigger(
    String expression, ZoneId zone, CronFields fields, GapPolicy gap, OverlapPolicy overlap)
    implements Trigger {

  /** More than any two local readings of one real moment can differ. */
  private static final long FAR = 2 * 86_400L;

  @Override
  public long next(long after) {
    ZoneRules rules = zone.getRules();
    ZoneSpan span = ZoneSpan.at(rules, after);
    long local = after + span.offset() + 1;
    if (!repeats() && span.isSecondPass(local)) {
      local = span.start() + span.before();
    }
    // The first due local time that is not before "searched"; only a second pass can be earlier.
    long searched = local;
    long due = dueFrom(searched);
    while (due != NEVER && due - span.offset() >= span.end()) {
      // Nothing more in this span. Where the next due time is far, neither is anything between.
      long near = due - FAR;
      if (near > span.end() && (!repeats() || searched <= span.end() + span.after())) {
        span = ZoneSpan.at(rules, near);
        continue;
      }
      ZoneSpan following = ZoneSpan.at(rules, span.end());
      long resumed = following.start() + following.offset();
      if (following.startsWithGap() && due < resumed && shifts()) {
        return following.start();
      }
      if (following.startsWithGap() ? due < resumed : repeats()) {
        searched = resumed;
        due = dueFrom(searched);
      }
      span = following;
    }
    return due == NEVER ? NEVER : due - span.offset();
  }

  /** Whether local times that a gap swallows are due at its end. */
  boolean shifts() {
    return followsWallClock() && gap == GapPolicy.SHIFT;
  }

  /** Whether local times that come twice are due twice. */
  boolean repeats() {
    return !followsWallClock() || overlap == OverlapPolicy.BOTH;
  }

  boolean followsWallClock() {
    return !fields.hasEveryHour();
  }

  /** The first matching local second that is not before the given one, or {@link #NEVER}. */
  long dueFrom(long local) {
    long minute = fields.nextFrom(Math.ceilDiv(local, 60));
    return minute == CronFields.NEVER ? NEVER : minute * 60;
  }

  @Override
  public TriggerKind kind() {
    return TriggerKind.CRON;
  }

  @Override
  public String summary() {
    return expression;
  }
}
