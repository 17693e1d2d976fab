package io.scanwarden.operator.time;

import java.time.Duration;
import java.time.ZoneId;

/** One source of instants. Times are seconds since the epoch. */
sealed interface Trigger permits CronTrigger, EveryTrigger, AtTrigger {
  long NEVER = Long.MAX_VALUE;

  /** From a cron expression, or {@code @every}, which needs no zone. */
  static Trigger cron(
      String field,
      String expression,
      ZoneId zone,
      StableHash hash,
      GapPolicy gap,
      OverlapPolicy overlap)
      throws InvalidScheduleException {
    String text = expression.strip().replaceAll("\\s+", " ");
    if (text.startsWith("@every ")) {
      Duration period = Durations.parseGo(field, expression, text.substring("@every ".length()));
      return EveryTrigger.of(field, expression, period, Duration.ZERO);
    }
    return new CronTrigger(text, zone, CronDialect.parse(field, expression, hash), gap, overlap);
  }

  /** The first instant strictly after the given one, or {@link #NEVER}. */
  long next(long after);

  TriggerKind kind();

  String summary();
}
