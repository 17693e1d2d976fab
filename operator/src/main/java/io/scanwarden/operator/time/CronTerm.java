package io.scanwarden.operator.time;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rewrites one field of an expression into what cron-utils understands: {@code ?} is a star, {@code
 * H} a number or a range, SUN as the begin of a range 0, a step beyond the field's end only its
 * begin; empty list items, which Kubernetes ignores, go.
 */
final class CronTerm {
  private static final Pattern HASH =
      Pattern.compile("H(?:\\((\\d{1,4})-(\\d{1,4})\\))?(?:/(\\d{1,4}))?");

  private static final Pattern STEP =
      Pattern.compile("(?:(\\*)|(\\d{1,4})(?:-(\\d{1,4}))?)/(\\d{1,9})");

  private static final Pattern SUN_FIRST = Pattern.compile("^SUN");

  private static final Pattern SUN_TO_SUN = Pattern.compile("^0+-SUN");

  /** What cron-utils would take, but Kubernetes does not: {@code +5}, {@code /5}, other digits. */
  private static final Pattern FOREIGN = Pattern.compile("/.*|.*[^0-9A-Z*/-].*");

  private CronTerm() {}

  /** The field rewritten, or nothing if one of its items makes no sense. */
  static Optional<String> rewrite(CronField field, String text, StableHash hash) {
    String[] items =
        Stream.of(text.toUpperCase(Locale.ROOT).split(",", -1))
            .filter(item -> !item.isEmpty())
            .map(item -> item(field, item, hash))
            .toArray(String[]::new);
    return items.length == 0 || Stream.of(items).anyMatch(String::isEmpty)
        ? Optional.empty()
        : Optional.of(Stream.of(items).distinct().collect(Collectors.joining(",")));
  }

  /** One item of the list; empty if it makes no sense. */
  private static String item(CronField field, String item, StableHash hash) {
    Matcher h = HASH.matcher(item);
    if (h.matches()) {
      return hashed(field, h, hash);
    }
    String plain = item.startsWith("?") ? "*" + item.substring(1) : item;
    if (field == CronField.DAY_OF_WEEK) {
      // cron-utils takes SUN for 7, which is right only where a range ends that began before.
      plain = SUN_FIRST.matcher(plain).replaceFirst("0");
      plain = SUN_TO_SUN.matcher(plain).replaceFirst("0-0");
    }
    Matcher step = STEP.matcher(plain);
    if (step.matches() && Integer.parseInt(step.group(4)) > field.max) {
      return beginOnly(field, step);
    }
    return FOREIGN.matcher(plain).matches() ? "" : plain;
  }

  /** As Jenkins has it: H is one value, H/n begins anywhere within the first step. */
  private static String hashed(CronField field, Matcher h, StableHash hash) {
    boolean ranged = h.group(1) != null;
    int from = ranged ? Integer.parseInt(h.group(1)) : field.min;
    int to = ranged ? Integer.parseInt(h.group(2)) : field.hashMax;
    int span = to - from + 1;
    int step = h.group(3) == null ? span : Integer.parseInt(h.group(3));
    if (from < field.min || to > field.highest() || span < 1 || step < 1 || step > span) {
      return "";
    }
    long begin = from + hash.below(step, field.hashKey);
    return h.group(3) == null ? Long.toString(begin) : begin + "-" + to + "/" + step;
  }

  private static String beginOnly(CronField field, Matcher step) {
    if (step.group(1) != null) {
      return Integer.toString(field.min);
    }
    int from = Integer.parseInt(step.group(2));
    int to = step.group(3) == null ? from : Integer.parseInt(step.group(3));
    return from <= to && to <= field.highest() ? Integer.toString(from) : "";
  }
}
