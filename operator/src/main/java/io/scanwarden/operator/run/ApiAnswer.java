package io.scanwarden.operator.run;

import java.util.List;

/** What the API server answered to a request about a run. */
public sealed interface ApiAnswer {
  /**
   * It was done. Of a dry run: it would have been.
   *
   * @param job the Job as the server has it
   * @param warnings the server's Warning headers
   */
  record Done(JobResource job, List<String> warnings) implements ApiAnswer {}

  /** The deletion has begun, and may be over. */
  record Deleted() implements ApiAnswer {}

  /** An object of that name exists. */
  record Exists() implements ApiAnswer {}

  /** There is no such object, or not as the preconditions had it. */
  record Gone() implements ApiAnswer {}

  /**
   * The server understood, and said no: asking again the same way is of little use.
   *
   * @param invalid it is the object itself that is wrong (HTTP 422 or 400), not a right or a quota
   *     that is missing
   */
  record Refused(boolean invalid, String message) implements ApiAnswer {}

  /**
   * Nothing was started, since the API server knows the Lease in another term than the one in which
   * the start was decided: another process leads, or this one does since just now. Not the Job's
   * fault; asking again is safe.
   */
  record OtherTerm(String message) implements ApiAnswer {}

  /** Nobody knows whether it was done: no answer, or none that says. Asking again is safe. */
  record Unanswered(String message) implements ApiAnswer {}
}
