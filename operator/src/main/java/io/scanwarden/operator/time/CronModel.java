package io.scanwarden.operator.time;

import com.cronutils.model.field.expression.And;
import com.cronutils.model.field.expression.Between;
import com.cronutils.model.field.expression.Every;
import com.cronutils.model.field.expression.FieldExpression;
import com.cronutils.model.field.expression.On;
import com.cronutils.model.field.value.FieldValue;

/** What cron-utils' model of a field means in Kubernetes' dialect. */
final class CronModel {
  private CronModel() {}

  /** The values that the field names, one bit each; a Sunday written as 7 is bit 7. */
  static long bits(CronField f, FieldExpression model) {
    return switch (model) {
      case And and ->
          and.getExpressions().stream().mapToLong(m -> bits(f, m)).reduce(0, (a, b) -> a | b);
      case On on -> 1L << number(on.getTime());
      case Between range -> stepped(number(range.getFrom()), number(range.getTo()), 1);
      case Every every -> {
        int step = number(every.getPeriod());
        yield switch (every.getExpression()) {
          // N/step means N-max/step, also for the last N.
          case On on -> stepped(number(on.getTime()), Math.max(number(on.getTime()), f.max), step);
          case Between range -> stepped(number(range.getFrom()), number(range.getTo()), step);
          default -> stepped(f.min, f.max, step);
        };
      }
      default -> f.all();
    };
  }

  /**
   * Whether the field says "any", so that of day of month and day of week only the other one
   * counts. As in robfig/cron: one star in a list is enough, a star with a step above 1 is none.
   */
  static boolean hasStar(FieldExpression model) {
    return switch (model) {
      case And and -> and.getExpressions().stream().anyMatch(CronModel::hasStar);
      case Every every ->
          number(every.getPeriod()) == 1
              && !(every.getExpression() instanceof On)
              && !(every.getExpression() instanceof Between);
      case On on -> false;
      case Between range -> false;
      default -> true;
    };
  }

  private static long stepped(int from, int to, int step) {
    long bits = 0;
    for (int i = from; i <= to; i += step) {
      bits |= 1L << i;
    }
    return bits;
  }

  private static int number(FieldValue<?> value) {
    return ((Number) value.getValue()).intValue();
  }
}
