package io.scanwarden.operator.tenant;

import io.scanwarden.api.v1alpha1.QuotaReservation;
import io.scanwarden.api.v1alpha1.QuotaState;
import io.scanwarden.api.v1alpha1.QuotaUsage;
import io.scanwarden.api.v1alpha1.QuotaUsages;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One tenant's account: what a status says, then what becomes of it by what is asked. A function of
 * values; nothing is true of it before it was written as it was read (compare-and-swap).
 *
 * <p>What is used is what the leader has counted last, and the places promised since. A promise
 * bears the name of its object, so that a request that is made again takes no second place. Not
 * thread-safe.
 */
final class QuotaAccount {
  static final String ACTIVE_JOBS = "activeJobs";
  static final String RUNNING_JOBS = "runningJobs";
  static final String RETAINED_JOBS = "retainedJobs";
  static final String SCHEDULES = "schedules";

  private static final int NEAR_PERCENT = 80;

  private record Key(String resource, String namespace, String name) {
    static Key of(QuotaRequest request) {
      return new Key(request.kind().toString(), request.namespace(), request.name());
    }

    static Key of(QuotaReservation reservation) {
      return new Key(reservation.resource(), reservation.namespace(), reservation.name());
    }
  }

  private final String tenant;
  private final TenantLimits limits;
  private final Map<Key, QuotaReservation> reservations = new LinkedHashMap<>();
  private int schedules;
  private int activeJobs;
  private int runningJobs;
  private int retainedJobs;

  private QuotaAccount(String tenant, TenantLimits limits) {
    this.tenant = tenant;
    this.limits = limits;
  }

  /**
   * The account as a status has it.
   *
   * @return empty if no leader has counted all yet: then nobody knows what is used
   */
  static Optional<QuotaAccount> of(String tenant, TenantLimits limits, TenantQuotaStatus status) {
    QuotaUsages usage = status.usage();
    if (usage == null
        || !Stream.of(
                usage.schedules(), usage.activeJobs(), usage.runningJobs(), usage.retainedJobs())
            .allMatch(QuotaAccount::isCounted)) {
      return Optional.empty();
    }
    QuotaAccount account = uncounted(tenant, limits, status);
    account.schedules = current(usage.schedules());
    account.activeJobs = current(usage.activeJobs());
    account.runningJobs = current(usage.runningJobs());
    account.retainedJobs = current(usage.retainedJobs());
    return Optional.of(account);
  }

  /** The account of which nothing is known but its promises; to be {@linkplain #count counted}. */
  static QuotaAccount uncounted(String tenant, TenantLimits limits, TenantQuotaStatus status) {
    QuotaAccount account = new QuotaAccount(tenant, limits);
    Stream.ofNullable(status.reservations())
        .flatMap(List::stream)
        .forEach(r -> account.reservations.put(Key.of(r), r));
    return account;
  }

  private static boolean isCounted(@Nullable QuotaUsage usage) {
    return usage != null && usage.current() != null;
  }

  private static int current(@Nullable QuotaUsage usage) {
    return usage == null || usage.current() == null ? 0 : usage.current();
  }

  /**
   * Takes what exists for what is used, and what was promised on top.
   *
   * @param uid of the object that has a reservation's name, if there is one
   * @param over whether no object can come any more that a reservation is for
   */
  void count(
      Holdings.Totals totals,
      Function<QuotaReservation, Optional<String>> uid,
      Predicate<QuotaReservation> over) {
    schedules = totals.schedules();
    activeJobs = totals.activeJobs();
    runningJobs = totals.runningJobs();
    retainedJobs = totals.retainedJobs();
    List<Key> settled = new ArrayList<>();
    reservations.forEach(
        (key, reservation) -> {
          Optional<String> found = uid.apply(reservation);
          boolean itsOwn = found.filter(u -> u.equals(reservation.uid())).isPresent();
          if (itsOwn || over.test(reservation)) {
            settled.add(key);
          } else if (found.isEmpty()) {
            add(key.resource(), 1);
          }
        });
    settled.forEach(reservations::remove);
  }

  /**
   * Promises a place. An object of that name that exists shares it: should that go before the other
   * one comes, its place is not free.
   *
   * @param exists whether there is one
   * @return which limit is in the way; empty if it was promised
   */
  Optional<Excess> reserve(QuotaRequest request, boolean exists, Instant now) {
    Key key = Key.of(request);
    boolean again = reservations.containsKey(key);
    boolean known = again || exists;
    Optional<Excess> excess = known ? Optional.empty() : excess(request.kind(), 1);
    if (excess.isPresent() || request.dryRun()) {
      return excess;
    }
    if (!known) {
      add(key.resource(), 1);
    }
    // Made again, it lasts as long as the new request may, and either of them may be the last to
    // land.
    reservations.put(
        key,
        new QuotaReservation(
            key.resource(),
            key.namespace(),
            key.name(),
            now.toString(),
            again || request.uid().isEmpty() ? null : request.uid()));
    return Optional.empty();
  }

  /**
   * Takes places for all Jobs of a run, or for none.
   *
   * @return which limit is in the way; empty if they were taken
   */
  Optional<Excess> accept(int jobs) {
    Optional<Excess> excess = excess(QuotaRequest.Kind.JOB, jobs);
    if (excess.isEmpty()) {
      activeJobs += jobs;
    }
    return excess;
  }

  /**
   * What is no kind that counts was promised by nobody, or by a later version to whom it counts.
   */
  private void add(String resource, int count) {
    QuotaRequest.Kind.of(resource)
        .ifPresent(
            kind -> {
              switch (kind) {
                case SCHEDULE -> schedules += count;
                case JOB -> activeJobs += count;
              }
            });
  }

  private Optional<Excess> excess(QuotaRequest.Kind kind, int attempted) {
    return switch (kind) {
      case SCHEDULE -> excess(SCHEDULES, limits.schedules(), schedules, attempted);
      case JOB ->
          excess(ACTIVE_JOBS, limits.activeJobs(), activeJobs, attempted)
              .or(() -> excess(RETAINED_JOBS, limits.retainedJobs(), retainedJobs, attempted));
    };
  }

  private Optional<Excess> excess(String limit, OptionalInt allowed, int current, int attempted) {
    boolean fits = allowed.isEmpty() || (long) current + attempted <= allowed.getAsInt();
    return fits
        ? Optional.empty()
        : Optional.of(new Excess(tenant, limit, allowed.getAsInt(), current, attempted));
  }

  /** What is used, as a status tells it. */
  QuotaUsages usage() {
    return new QuotaUsages(
        usage(limits.activeJobs(), activeJobs),
        usage(limits.runningJobs(), runningJobs),
        usage(limits.retainedJobs(), retainedJobs),
        usage(limits.schedules(), schedules),
        usage(limits.agents(), 0));
  }

  private static QuotaUsage usage(OptionalInt limit, int current) {
    if (limit.isEmpty()) {
      return new QuotaUsage(null, current, null, null, QuotaState.UNLIMITED);
    }
    int allowed = limit.getAsInt();
    int percent =
        allowed == 0 ? 100 : Math.toIntExact(Math.min(Integer.MAX_VALUE, current * 100L / allowed));
    QuotaState state =
        current >= allowed
            ? QuotaState.AT_LIMIT
            : percent >= NEAR_PERCENT ? QuotaState.NEAR_LIMIT : QuotaState.OK;
    return new QuotaUsage(allowed, current, Math.max(0, allowed - current), percent, state);
  }

  /** The worst state of any limit. */
  static QuotaState worst(QuotaUsages usage) {
    return Stream.of(
            usage.activeJobs(),
            usage.runningJobs(),
            usage.retainedJobs(),
            usage.schedules(),
            usage.agents())
        .filter(Objects::nonNull)
        .map(QuotaUsage::state)
        .filter(Objects::nonNull)
        .max(QuotaState::compareTo)
        .orElse(QuotaState.UNLIMITED);
  }

  /** The promises, the oldest first. */
  List<QuotaReservation> reservations() {
    return List.copyOf(reservations.values());
  }
}
