package io.scanwarden.operator.time;

import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.List;

/**
 * A coming occurrence as it is shown to people.
 *
 * @param instant the nominal time
 * @param start when its run starts: the nominal time plus jitter
 * @param kind the trigger it comes from
 * @param excluded whether it is dropped, by which window the notes say
 * @param local what the clocks read at the nominal time in each zone of the schedule, in the order
 *     of its triggers; UTC if it names none
 * @param notes what is unusual about it, one sentence each: daylight saving time, exclusions
 */
public record Coming(
    Instant instant,
    Instant start,
    TriggerKind kind,
    boolean excluded,
    List<ZonedDateTime> local,
    List<String> notes) {

  public Coming {
    local = List.copyOf(local);
    notes = List.copyOf(notes);
  }
}
