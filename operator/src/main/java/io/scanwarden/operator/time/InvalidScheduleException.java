package io.scanwarden.operator.time;

/**
 * A schedule that cannot be understood or can never fire. The message is one line for the person
 * who wrote the schedule: the field, its value, what is wrong and what is allowed.
 */
public final class InvalidScheduleException extends Exception {
  static final String INVALID_SCHEDULE = "InvalidSchedule";
  static final String INVALID_TIME_ZONE = "InvalidTimeZone";
  static final String NEVER_FIRES = "NeverFires";

  /** Longer values are cut in messages: a condition is no place for a kilobyte of input. */
  private static final int SHOWN = 120;

  private final String reason;
  private final String field;
  private final String value;
  private final String problem;

  private InvalidScheduleException(String reason, String field, String value, String problem) {
    super("%s: \"%s\" %s".formatted(field, shown(value), problem));
    this.reason = reason;
    this.field = field;
    this.value = value;
    this.problem = problem;
  }

  /** A field that says what cannot be. */
  public static InvalidScheduleException invalid(String field, String value, String problem) {
    return new InvalidScheduleException(INVALID_SCHEDULE, field, value, problem);
  }

  static InvalidScheduleException timeZone(String field, String value, String problem) {
    return new InvalidScheduleException(INVALID_TIME_ZONE, field, value, problem);
  }

  static InvalidScheduleException neverFires(String field, String value, String problem) {
    return new InvalidScheduleException(NEVER_FIRES, field, value, problem);
  }

  /** The path of the offending field, as the caller named it, e.g. {@code spec.schedule}. */
  public String field() {
    return field;
  }

  /** What the field holds. */
  public String value() {
    return value;
  }

  /** The message without the field. */
  public String withoutField() {
    return "\"%s\" %s".formatted(shown(value), problem);
  }

  /**
   * A reason for a condition: {@code InvalidSchedule}, {@code InvalidTimeZone} or {@code
   * NeverFires}.
   */
  public String reason() {
    return reason;
  }

  private static String shown(String value) {
    return value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "...";
  }
}
