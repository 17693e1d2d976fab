package io.scanwarden.operator.time;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Time zones by their name in the IANA time zone database. */
public final class Zones {
  private static final Set<String> NAMES = ZoneId.getAvailableZoneIds();

  /** One object per zone, however many schedules use it. */
  private static final Map<String, ZoneId> KNOWN = new ConcurrentHashMap<>();

  private Zones() {}

  /**
   * The zone with exactly this IANA name, e.g. {@code Europe/Berlin} or {@code UTC}. As in a
   * CronJob's timeZone, {@code Local} and fixed offsets are no names.
   *
   * @param field where the name stands, for the message
   * @throws InvalidScheduleException with reason InvalidTimeZone, and a suggestion if one is near
   */
  public static ZoneId parse(String field, String name) throws InvalidScheduleException {
    if (!NAMES.contains(name)) {
      throw InvalidScheduleException.timeZone(
          field, name, "is not an IANA time zone name such as Europe/Berlin or UTC" + hint(name));
    }
    return KNOWN.computeIfAbsent(name, ZoneId::of);
  }

  private static String hint(String name) {
    if (name.isBlank()) {
      return "; leave the field out for UTC";
    }
    if (name.equalsIgnoreCase("local")) {
      return "; the clock of the machine that the operator runs on is not supported";
    }
    return fixedOffset(name)
        .or(() -> abbreviation(name))
        .or(() -> nearest(name))
        .map(hint -> "; " + hint)
        .orElse("");
  }

  /** For +02:00, UTC+2, GMT-5, Z. */
  private static Optional<String> fixedOffset(String name) {
    ZoneOffset offset;
    try {
      if (!(ZoneId.of(name).normalized() instanceof ZoneOffset fixed)) {
        return Optional.empty();
      }
      offset = fixed;
    } catch (DateTimeException notAnOffset) {
      return Optional.empty();
    }
    int seconds = offset.getTotalSeconds();
    if (seconds == 0) {
      return Optional.of("use UTC");
    }
    // The Etc/ names have POSIX signs: Etc/GMT-2 is two hours ahead of UTC.
    String etc = "Etc/GMT%+d".formatted(-seconds / 3600);
    return Optional.of(
        seconds % 3600 == 0 && NAMES.contains(etc)
            ? "offsets are not supported; the zone %s away from UTC is called %s"
                .formatted(offset, etc)
            : "offsets are not supported");
  }

  /** For PST, IST, CST, which mean different things to different people. */
  private static Optional<String> abbreviation(String name) {
    return Optional.ofNullable(ZoneId.SHORT_IDS.get(name.toUpperCase(Locale.ROOT)))
        .filter(NAMES::contains)
        .map(zone -> "abbreviations are ambiguous, did you mean " + zone + "?");
  }

  private static Optional<String> nearest(String name) {
    if (name.length() > 40) {
      return Optional.empty();
    }
    record Candidate(String zone, int distance) {}
    String wanted = name.toLowerCase(Locale.ROOT).replace(' ', '_');
    return NAMES.stream()
        .map(zone -> new Candidate(zone, distance(wanted, zone.toLowerCase(Locale.ROOT))))
        .filter(candidate -> candidate.distance <= 2)
        .min(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::zone))
        .map(candidate -> "did you mean " + candidate.zone + "?");
  }

  /** Edits between what was written and a zone's name, or its last part where no area is given. */
  private static int distance(String wanted, String zone) {
    int whole = edits(wanted, zone);
    int city = zone.lastIndexOf('/') + 1;
    boolean noArea = city > 0 && wanted.indexOf('/') < 0 && wanted.length() > 3;
    return noArea ? Math.min(whole, edits(wanted, zone.substring(city))) : whole;
  }

  /** Levenshtein's distance. */
  private static int edits(String a, String b) {
    if (Math.abs(a.length() - b.length()) > 2) {
      return Integer.MAX_VALUE;
    }
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
