package io.scanwarden.operator.observe;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** The checks behind {@code /livez} or {@code /readyz}. Healthy when each of them is. */
public final class HealthChecks {

  /**
   * What a check found.
   *
   * @param detail why it is not healthy, one line; empty when it is
   */
  public record Health(boolean healthy, String detail) {
    public static final Health OK = new Health(true, "");

    public static Health unhealthy(String detail) {
      return new Health(false, detail);
    }
  }

  /** What a check of this name found. */
  public record Finding(String name, Health health) {}

  private record Check(String name, Supplier<Health> look) {}

  private final List<Check> checks = new CopyOnWriteArrayList<>();

  /** Adds a check, which must answer at once: it is asked whenever a probe comes. */
  public void add(String name, Supplier<Health> look) {
    checks.add(new Check(name, look));
  }

  /** Asks all checks. One that throws is unhealthy. */
  public List<Finding> look() {
    return checks.stream().map(check -> new Finding(check.name(), look(check))).toList();
  }

  private static Health look(Check check) {
    try {
      return check.look().get();
    } catch (RuntimeException e) {
      return Health.unhealthy("the check itself failed: " + e);
    }
  }
}
