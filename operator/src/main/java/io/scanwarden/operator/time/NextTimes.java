package io.scanwarden.operator.time;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a schedule is going to do, with the reasons that a person would ask for. */
public final class NextTimes {
  private static final int MAX_EXCLUDED = 100;

  private NextTimes() {}

  /**
   * The next occurrences strictly after an instant, excluded ones included.
   *
   * @param count how many at most; fewer if the schedule ends before
   */
  public static List<Coming> coming(Timeline timeline, Instant from, int count) {
    List<Coming> coming = new ArrayList<>();
    Instant previous = from;
    while (coming.size() < count) {
      Optional<Occurrence> next = timeline.next(previous);
      if (next.isEmpty()) {
        break;
      }
      coming.add(describe(timeline, previous, next.get()));
      previous = next.get().instant();
    }
    return List.copyOf(coming);
  }

  /**
   * Why the next run after an instant is not due as early as its triggers say, with its time; empty
   * if it is.
   */
  public static Optional<String> heldBack(Timeline timeline, Instant after) {
    Optional<Instant> run = timeline.nextRun(after).map(Occurrence::instant);
    int excluded = excluded(timeline, after);
    if (run.isEmpty()) {
      return excluded == 0 ? Optional.empty() : Optional.of("every instant to come is excluded");
    }
    List<String> reasons = new ArrayList<>();
    if (timeline.isHeldBack(after)) {
      timeline.notBefore().ifPresent(begin -> reasons.add("nothing is due before " + begin));
    }
    if (excluded > 0) {
      String many = excluded > MAX_EXCLUDED ? "more than " + MAX_EXCLUDED : "" + excluded;
      String them = excluded == 1 ? " instant before it is" : " instants before it are";
      reasons.add(many + them + " excluded");
    }
    return reasons.isEmpty()
        ? Optional.empty()
        : Optional.of("next " + run.get() + ": " + String.join(", ", reasons));
  }

  /** How many excluded occurrences come before the next run, counted no further than needed. */
  private static int excluded(Timeline timeline, Instant after) {
    int excluded = 0;
    Optional<Occurrence> next = timeline.next(after);
    while (next.filter(Occurrence::excluded).isPresent() && excluded <= MAX_EXCLUDED) {
      excluded++;
      next = timeline.next(next.get().instant());
    }
    return excluded;
  }

  private static Coming describe(Timeline timeline, Instant previous, Occurrence occurrence) {
    Instant instant = occurrence.instant();
    Set<String> notes = new LinkedHashSet<>();
    List<ZonedDateTime> local = new ArrayList<>();
    Set<ZoneId> zones = new LinkedHashSet<>();
    for (Trigger trigger : timeline.triggers()) {
      if (trigger instanceof CronTrigger cron) {
        notes.addAll(DstNotes.between(cron, previous.getEpochSecond(), instant.getEpochSecond()));
        zones.add(cron.zone());
      }
    }
    (zones.isEmpty() ? Set.<ZoneId>of(ZoneOffset.UTC) : zones)
        .forEach(zone -> local.add(instant.atZone(zone)));
    for (int i = 0; i < timeline.exclusions().size(); i++) {
      if (timeline.exclusions().get(i).covers(instant.getEpochSecond())) {
        notes.add("excluded by exclusions[" + i + "]");
      }
    }
    return new Coming(
        instant,
        timeline.startOf(instant),
        occurrence.kind(),
        occurrence.excluded(),
        local,
        List.copyOf(notes));
  }
}
