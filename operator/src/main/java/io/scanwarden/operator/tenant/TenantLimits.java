package io.scanwarden.operator.tenant;

import io.scanwarden.api.v1alpha1.QuotaLimits;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What a tenant may hold: {@code spec.limits} of its TenantQuota. An empty limit is none. */
public record TenantLimits(
    OptionalInt activeJobs,
    OptionalInt runningJobs,
    OptionalInt retainedJobs,
    OptionalInt schedules,
    OptionalInt agents) {

  /** No limits at all. */
  public static final TenantLimits NONE =
      new TenantLimits(
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty());

  /** Nothing at all: the limits of what cannot be understood. */
  public static final TenantLimits NOTHING =
      new TenantLimits(
          OptionalInt.of(0),
          OptionalInt.of(0),
          OptionalInt.of(0),
          OptionalInt.of(0),
          OptionalInt.of(0));

  /** Those of a spec; a negative one, which the schema refuses, counts as 0. */
  static TenantLimits of(@Nullable QuotaLimits limits) {
    return limits == null
        ? NONE
        : new TenantLimits(
            limit(limits.activeJobs()),
            limit(limits.runningJobs()),
            limit(limits.retainedJobs()),
            limit(limits.schedules()),
            limit(limits.agents()));
  }

  private static OptionalInt limit(@Nullable Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(Math.max(0, value));
  }

  /** As a spec says them. */
  QuotaLimits toSpec() {
    return new QuotaLimits(
        value(activeJobs),
        value(runningJobs),
        value(retainedJobs),
        value(schedules),
        value(agents));
  }

  private static @Nullable Integer value(OptionalInt limit) {
    return limit.isPresent() ? limit.getAsInt() : null;
  }

  /** Whether a Job may be refused. */
  boolean refusesJobs() {
    return activeJobs.isPresent() || retainedJobs.isPresent();
  }

  /** Whether an object of that kind may be refused. */
  boolean concerns(QuotaRequest.Kind kind) {
    return switch (kind) {
      case SCHEDULE -> schedules.isPresent();
      case JOB -> refusesJobs();
    };
  }
}
