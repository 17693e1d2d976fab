package io.scanwarden.operator.run;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The names of Jobs. The name is the lock: the API server accepts one Job of a name, so that a run
 * whose start is tried again, by whomever, has one Job.
 */
public final class RunName {
  /** The longest name that a Job's Pods can carry in a label. */
  static final int MAX_LENGTH = 63;

  private static final int HASH_LENGTH = 9;
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

  private RunName() {}

  /** The name under which the Job is created: the same whoever computes it. */
  public static String of(String schedule, String scheduleUid, AttemptKey key) {
    String name = schedule + "-" + tail(key);
    return name.length() <= MAX_LENGTH ? name : alternative(schedule, scheduleUid, key);
  }

  /** The name of the run as a whole: that of its only Job, if it has but one. */
  public static String of(String schedule, String scheduleUid, RunKey key) {
    return of(schedule, scheduleUid, AttemptKey.first(key, ""));
  }

  /** The name to use where another controller's Job already has the first one. */
  public static String alternative(String schedule, String scheduleUid, AttemptKey key) {
    String tail = "-h" + hash(scheduleUid + "/" + tail(key));
    int room = MAX_LENGTH - tail.length();
    return schedule.substring(0, Math.min(schedule.length(), room)) + tail;
  }

  private static String tail(AttemptKey key) {
    String retry = key.attempt() == 1 ? "" : "r" + key.attempt();
    String target = key.target().isEmpty() ? "" : "-" + key.target();
    return tail(key.run()) + retry + target;
  }

  private static String tail(RunKey key) {
    return switch (key) {
      case RunKey.Clock clock -> Long.toString(clock.time().getEpochSecond());
      case RunKey.Backfill backfill -> Long.toString(backfill.time().getEpochSecond());
      case RunKey.Request request -> "m" + hash(request.time().toString());
    };
  }

  private static String hash(String text) {
    byte[] digest;
    try {
      digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    StringBuilder hash = new StringBuilder(HASH_LENGTH);
    for (int i = 0; i < HASH_LENGTH; i++) {
      hash.append(ALPHABET.charAt(digest[i] & 31));
    }
    return hash.toString();
  }
}
