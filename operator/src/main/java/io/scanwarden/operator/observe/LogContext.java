package io.scanwarden.operator.observe;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * What each log line of this thread says it is about, until closed; then what was said before is
 * said again.
 *
 * <pre>{@code
 * try (LogContext context = LogContext.schedule("team-a", "nightly").run(jobName)) { ... }
 * }</pre>
 */
public final class LogContext implements AutoCloseable {
  /** The name of a ScanSchedule. */
  public static final String SCHEDULE = "schedule";

  /** The name of a run, that is of its first Job. */
  public static final String RUN = "run";

  /** The namespace of both. */
  public static final String NAMESPACE = "namespace";

  private record Before(String key, @Nullable String value) {}

  private final Deque<Before> before = new ArrayDeque<>();

  private LogContext() {}

  /** Lines are about this schedule. */
  public static LogContext schedule(String namespace, String name) {
    return new LogContext().with(NAMESPACE, namespace).with(SCHEDULE, name);
  }

  /** Lines are also about this run of it. */
  public LogContext run(String name) {
    return with(RUN, name);
  }

  private LogContext with(String key, String value) {
    before.push(new Before(key, MDC.get(key)));
    MDC.put(key, value);
    return this;
  }

  @Override
  public void close() {
    while (!before.isEmpty()) {
      Before last = before.pop();
      if (last.value() == null) {
        MDC.remove(last.key());
      } else {
        MDC.put(last.key(), last.value());
      }
    }
  }
}
