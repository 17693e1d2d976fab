package io.scanwarden.operator.time;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Says where daylight saving time moved, repeated or swallowed what a cron trigger asks for. */
final class DstNotes {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm");

  /** Gaps further back than this explain nothing about an occurrence. */
  private static final int MAX_SPANS = 100;

  private DstNotes() {}

  /** Notes on what is due at {@code second} and on what was skipped since {@code after}. */
  static List<String> between(CronTrigger cron, long after, long second) {
    List<String> notes = new ArrayList<>();
    ZoneRules rules = cron.zone().getRules();
    ZoneSpan span = ZoneSpan.at(rules, second);
    if (cron.next(second - 1) == second) {
      repeated(cron, span, second).ifPresent(notes::add);
    }
    for (int i = 0; i < MAX_SPANS && span.start() > after; i++) {
      gap(cron, span, second).ifPresent(notes::addFirst);
      span = ZoneSpan.at(rules, span.start() - 1);
    }
    return notes;
  }

  private static Optional<String> repeated(CronTrigger cron, ZoneSpan span, long second) {
    long local = second + span.offset();
    String pass;
    if (span.isSecondPass(local)) {
      pass = "second pass";
    } else if (span.isFirstPass(local)) {
      pass = cron.repeats() ? "first pass" : "first pass only";
    } else {
      return Optional.empty();
    }
    return Optional.of(
        "DST: %s comes twice in %s on %s, %s"
            .formatted(time(local), cron.zone(), date(local), pass));
  }

  /** On local times that the gap at the start of a span swallowed. */
  private static Optional<String> gap(CronTrigger cron, ZoneSpan span, long second) {
    long end = span.start() + span.offset();
    long first = cron.dueFrom(span.start() + span.before());
    if (!span.startsWithGap() || !cron.followsWallClock() || first >= end) {
      return Optional.empty();
    }
    if (cron.shifts() && span.start() != second) {
      return Optional.empty();
    }
    long last = first;
    int count = 1;
    for (long due = cron.dueFrom(first + 1); due < end; due = cron.dueFrom(due + 1)) {
      last = due;
      count++;
    }
    String times =
        switch (count) {
          case 1 -> time(first) + " does";
          case 2 -> time(first) + " and " + time(last) + " do";
          default -> "%d times from %s to %s do".formatted(count, time(first), time(last));
        };
    return Optional.of(
        "DST: %s not exist in %s on %s, %s"
            .formatted(
                times,
                cron.zone(),
                date(first),
                cron.shifts() ? "shifted to " + shifted(first, end) : "skipped"));
  }

  private static String shifted(long from, long to) {
    return date(from).equals(date(to)) ? time(to) : time(to) + " on " + date(to);
  }

  private static String time(long local) {
    return TIME.format(at(local));
  }

  private static String date(long local) {
    return at(local).toLocalDate().toString();
  }

  private static LocalDateTime at(long local) {
    return LocalDateTime.ofEpochSecond(local, 0, ZoneOffset.UTC);
  }
}
