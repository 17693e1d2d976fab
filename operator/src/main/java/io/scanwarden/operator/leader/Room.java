package io.scanwarden.operator.leader;

/**
 * A part of the operator as the process sees it: warm on every replica, acting on the leader only.
 *
 * <p>The order of calls is {@link #start}, then at most once {@link #lead}, then {@link #close};
 * {@link #ready} at any time.
 */
public interface Room extends AutoCloseable {

  /** In a few lower-case words, for logs and {@code /readyz?verbose}: {@code schedules}. */
  String name();

  /** Fills the caches and warms up; returns when that is done. Writes nothing. */
  void start();

  /** Whether the caches are filled; a standby is ready too. */
  boolean ready();

  /** What it waits for while it is not ready, in a few words, for {@code /readyz}. */
  default String missing() {
    return "caches are being filled";
  }

  /** From now on acts. May return or keep the thread, which is its own. */
  void lead(long term);

  /** Stops acting and returns when the last write has ended. */
  @Override
  void close();
}
