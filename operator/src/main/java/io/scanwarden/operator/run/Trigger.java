package io.scanwarden.operator.run;

import java.util.Arrays;
import java.util.Optional;

/** What led to a run, as it stands in annotations and statuses. */
public enum Trigger {
  CRON("Cron", true),
  EVERY("Every", true),
  AT("At", true),
  REQUEST("Request", false),
  BACKFILL("Backfill", false);

  private final String text;
  private final boolean clock;

  Trigger(String text, boolean clock) {
    this.text = text;
    this.clock = clock;
  }

  /** Whether the run is due at an instant of the schedule's own timeline. */
  public boolean isClock() {
    return clock;
  }

  /** The trigger of that name, as {@link #toString} writes it. */
  public static Optional<Trigger> parse(String text) {
    return Arrays.stream(values()).filter(t -> t.text.equals(text)).findFirst();
  }

  @Override
  public String toString() {
    return text;
  }
}
