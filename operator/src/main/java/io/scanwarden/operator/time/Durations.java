package io.scanwarden.operator.time;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as text. */
public final class Durations {
  /** The Gateway API's GEP-2257, word for word. */
  private static final Pattern GEP_2257 = Pattern.compile("([0-9]{1,5}(h|m|s|ms)){1,4}");

  private static final Pattern GEP_PART = Pattern.compile("([0-9]+)(ms|h|m|s)");

  /** Go's time.ParseDuration, which {@code @every} takes, without signs. */
  private static final Pattern GO =
      Pattern.compile("(([0-9]{1,12}(\\.[0-9]{0,9})?|\\.[0-9]{1,9})(h|m|s|ms|us|µs|μs|ns)){1,8}");

  private static final Pattern GO_PART = Pattern.compile("([0-9.]+)([a-zµμ]+)");

  private Durations() {}

  /**
   * A duration as the fields of the API have it, e.g. {@code 1h30m}: by GEP-2257 one to four parts,
   * each a whole number of at most five digits with the unit h, m, s or ms.
   *
   * @param field where the duration stands, for the message
   * @throws InvalidScheduleException with reason InvalidSchedule
   */
  public static Duration parse(String field, String gep2257) throws InvalidScheduleException {
    if (!GEP_2257.matcher(gep2257).matches()) {
      throw InvalidScheduleException.invalid(
          field,
          gep2257,
          "is not a duration such as 1h30m: up to four whole numbers of at most five digits, each"
              + " with h, m, s or ms");
    }
    return sum(GEP_PART.matcher(gep2257));
  }

  /**
   * The shortest GEP-2257 form, e.g. {@code 1h30m} for 90 minutes and {@code 0s} for zero. What is
   * below a millisecond is cut off; hours above 99999 are written in full, though GEP-2257 has no
   * form for them.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public static String format(Duration duration) {
    if (duration.isNegative()) {
      throw new IllegalArgumentException("negative duration: " + duration);
    }
    StringBuilder text = new StringBuilder();
    append(text, duration.toHours(), "h");
    append(text, duration.toMinutesPart(), "m");
    append(text, duration.toSecondsPart(), "s");
    append(text, duration.toMillisPart(), "ms");
    return text.isEmpty() ? "0s" : text.toString();
  }

  /** Any duration, for messages. */
  static String show(Duration duration) {
    return duration.isNegative() ? "-" + format(duration.negated()) : format(duration);
  }

  /** The duration of {@code @every}: Go's syntax, e.g. {@code 1.5h}. */
  static Duration parseGo(String field, String expression, String go)
      throws InvalidScheduleException {
    if (!GO.matcher(go).matches()) {
      throw InvalidScheduleException.invalid(
          field, expression, "needs a duration after @every, such as @every 1h30m");
    }
    return sum(GO_PART.matcher(go));
  }

  private static Duration sum(Matcher parts) {
    BigDecimal seconds = BigDecimal.ZERO;
    while (parts.find()) {
      seconds = seconds.add(new BigDecimal(parts.group(1)).multiply(unit(parts.group(2))));
    }
    BigDecimal[] split = seconds.divideAndRemainder(BigDecimal.ONE);
    return Duration.ofSeconds(split[0].longValue(), split[1].movePointRight(9).longValue());
  }

  private static BigDecimal unit(String name) {
    return switch (name) {
      case "h" -> BigDecimal.valueOf(3600);
      case "m" -> BigDecimal.valueOf(60);
      case "s" -> BigDecimal.ONE;
      case "ms" -> BigDecimal.valueOf(1, 3);
      case "us", "µs", "μs" -> BigDecimal.valueOf(1, 6);
      default -> BigDecimal.valueOf(1, 9);
    };
  }

  private static void append(StringBuilder text, long amount, String unit) {
    if (amount != 0) {
      text.append(amount).append(unit);
    }
  }
}
