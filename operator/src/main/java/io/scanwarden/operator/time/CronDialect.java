package io.scanwarden.operator.time;

import com.cronutils.model.Cron;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.field.expression.FieldExpression;
import com.cronutils.parser.CronParser;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads cron expressions as Kubernetes' CronJob does (the standard parser of robfig/cron v3), with
 * 7 for Sunday and Jenkins' {@code H} in addition. cron-utils parses; {@link CronTerm} first
 * rewrites what it does not know, and {@link CronModel} reads bits off its model.
 *
 * <p>cron-utils' own walking (ExecutionTime) is not used: even on a time line without a zone it
 * took 7 to 34 microseconds to the next instant and 1,550 bytes an expression, where {@link
 * CronFields} takes 0.05 to 0.3 and 40 bytes.
 */
final class CronDialect {
  /** Longer ones are no expressions a person wrote. */
  private static final int MAX_LENGTH = 1000;

  private static final String MACROS =
      "@yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly, @every <duration>";

  private static final Map<String, String> MACRO =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");

  private static final List<CronField> FIELDS = List.of(CronField.values());

  private static final Pattern SPACE = Pattern.compile("\\s+");

  private static final CronParser PARSER =
      new CronParser(
          CronDefinitionBuilder.defineCron()
              .withMinutes()
              .withValidRange(0, 59)
              .withStrictRange()
              .and()
              .withHours()
              .withValidRange(0, 23)
              .withStrictRange()
              .and()
              .withDayOfMonth()
              .withValidRange(1, 31)
              .withStrictRange()
              .and()
              .withMonth()
              .withValidRange(1, 12)
              .withStrictRange()
              .and()
              .withDayOfWeek()
              .withValidRange(0, 7)
              .withMondayDoWValue(1)
              .withStrictRange()
              .and()
              .instance());

  private final String field;
  private final String expression;
  private final StableHash hash;

  private CronDialect(String field, String expression, StableHash hash) {
    this.field = field;
    this.expression = expression;
    this.hash = hash;
  }

  /**
   * Any expression but {@code @every}.
   *
   * @throws InvalidScheduleException also if no date will ever match
   */
  static CronFields parse(String field, String expression, StableHash hash)
      throws InvalidScheduleException {
    return new CronDialect(field, expression, hash).parse();
  }

  private CronFields parse() throws InvalidScheduleException {
    String trimmed = expression.strip();
    if (trimmed.isEmpty()) {
      throw invalid("is empty; a cron expression has five fields, such as 0 3 * * 1-5");
    }
    if (trimmed.length() > MAX_LENGTH) {
      throw invalid("is longer than " + MAX_LENGTH + " characters");
    }
    if (trimmed.startsWith("TZ=") || trimmed.startsWith("CRON_TZ=")) {
      throw invalid("sets a time zone inside the expression; use the field timeZone instead");
    }
    String[] texts = SPACE.split(macro(trimmed));
    if (texts.length != FIELDS.size()) {
      throw invalid(
          "has %d field%s; a cron expression has five: minute, hour, day of month, month, day of week"
              .formatted(texts.length, texts.length == 1 ? "" : "s"));
    }
    Map<CronField, Long> bits = new EnumMap<>(CronField.class);
    Set<CronField> restricted = EnumSet.noneOf(CronField.class);
    for (Map.Entry<CronField, FieldExpression> parsed : read(texts).entrySet()) {
      bits.put(parsed.getKey(), CronModel.bits(parsed.getKey(), parsed.getValue()));
      if (!CronModel.hasStar(parsed.getValue())) {
        restricted.add(parsed.getKey());
      }
    }
    CronFields masks = CronFields.of(bits, restricted);
    if (masks.isImpossible()) {
      throw InvalidScheduleException.neverFires(
          field, expression, "never fires: none of its months has one of its days");
    }
    return masks;
  }

  private String macro(String trimmed) throws InvalidScheduleException {
    if (!trimmed.startsWith("@")) {
      return trimmed;
    }
    String fields = MACRO.get(trimmed);
    if (fields == null) {
      throw invalid("is not known; allowed are " + MACROS + ", and five fields");
    }
    return fields;
  }

  private Map<CronField, FieldExpression> read(String[] texts) throws InvalidScheduleException {
    List<String> terms = new ArrayList<>(texts.length);
    for (CronField f : FIELDS) {
      String text = texts[terms.size()];
      terms.add(CronTerm.rewrite(f, text, hash).orElseThrow(() -> invalid(f, text)));
    }
    Cron cron;
    try {
      cron = PARSER.parse(String.join(" ", terms));
    } catch (IllegalArgumentException e) {
      throw blame(texts, terms);
    }
    Map<CronField, FieldExpression> parsed = new EnumMap<>(CronField.class);
    FIELDS.forEach(f -> parsed.put(f, cron.retrieve(f.name).getExpression()));
    return parsed;
  }

  /** cron-utils does not say which field it dislikes: tried one by one, it tells. */
  private InvalidScheduleException blame(String[] texts, List<String> terms) {
    for (int i = 0; i < texts.length; i++) {
      List<String> alone = new ArrayList<>(Collections.nCopies(texts.length, "*"));
      alone.set(i, terms.get(i));
      try {
        PARSER.parse(String.join(" ", alone));
      } catch (IllegalArgumentException e) {
        return invalid(FIELDS.get(i), texts[i]);
      }
    }
    return invalid("is not a cron expression");
  }

  private InvalidScheduleException invalid(CronField f, String text) {
    return invalid(
        "is not a cron expression: %s \"%s\"; allowed are %s, *, lists (a,b), ranges (a-b), steps"
                .formatted(
                    f.label, text.length() > 40 ? text.substring(0, 40) + "..." : text, f.allowed)
            + " (*/n) and H");
  }

  private InvalidScheduleException invalid(String problem) {
    return InvalidScheduleException.invalid(field, expression, problem);
  }
}
