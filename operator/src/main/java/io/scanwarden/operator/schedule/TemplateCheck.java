package io.scanwarden.operator.schedule;

/**
 * How far the judgement of a template by the API server is.
 *
 * @param problem the server's own words why it would refuse the Jobs; empty where it would not, or
 *     could not say
 * @param warning what it warns of; empty if nothing
 */
record TemplateCheck(State state, String problem, String warning, int tries) {
  static final TemplateCheck NEEDED = new TemplateCheck(State.NEEDED, "", "", 0);

  /** After so many tries without an answer the template is taken as it is. */
  static final int MAX_TRIES = 3;

  enum State {
    NEEDED,
    RUNNING,
    DONE
  }

  static TemplateCheck done(String problem, String warning) {
    return new TemplateCheck(State.DONE, problem, warning, 0);
  }

  TemplateCheck running() {
    return new TemplateCheck(State.RUNNING, "", "", tries + 1);
  }

  /** There was no answer. */
  TemplateCheck unanswered() {
    return tries < MAX_TRIES ? new TemplateCheck(State.NEEDED, "", "", tries) : done("", "");
  }

  boolean isDone() {
    return state == State.DONE;
  }

  /** Whether Jobs may be made from it. */
  boolean isGood() {
    return isDone() && problem.isEmpty();
  }
}
