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
