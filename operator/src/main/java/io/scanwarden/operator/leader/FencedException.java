package io.scanwarden.operator.leader;

import org.jspecify.annotations.Nullable;

/**
 * A write was refused inside the process: it does not lead, or its Lease could have expired.
 * Nothing was sent.
 */
public final class FencedException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  public FencedException(String message) {
    super(message);
  }

  /**
   * Whether a failed request failed because it was refused: the client wraps what it was refused
   * with.
   */
  public static boolean isCauseOf(Throwable failure) {
    for (@Nullable Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof FencedException) {
        return true;
      }
    }
    return false;
  }
}
