package io.scanwarden.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.api.v1alpha1.QuotaReservation;
import io.scanwarden.api.v1alpha1.QuotaState;
import io.scanwarden.api.v1alpha1.QuotaUsage;
import io.scanwarden.api.v1alpha1.QuotaUsages;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import io.scanwarden.operator.tenant.Holdings.Totals;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked // statuses have all that is read here
class QuotaAccountTest {
  private static final Instant T = Instant.parse("2026-03-01T12:00:00Z");
  private static final TenantLimits LIMITS =
      new TenantLimits(
          OptionalInt.of(10),
          OptionalInt.of(4),
          OptionalInt.of(5),
          OptionalInt.of(3),
          OptionalInt.empty());

  @Test
  void whatNobodyHasCountedIsNotKnown() {
    assertThat(QuotaAccount.of("team-a", LIMITS, status(null, List.of()))).isEmpty();
  }

  @Test
  void whatIsCountedInPartIsNotKnownEither() {
    QuotaUsages all = counted(new Totals(1, 2, 3, 4), List.of()).usage();

    assertThat(
            QuotaAccount.of(
                "team-a",
                LIMITS,
                status(
                    new QuotaUsages(
                        all.activeJobs(), all.runningJobs(), all.retainedJobs(), null, null),
                    List.of())))
        .isEmpty();
  }

  @Test
  void aPromiseOfAnotherKindIsKeptAndCountsForNothing() {
    QuotaReservation other = new QuotaReservation("scannercronjobs", "ns", "a", T.toString(), null);

    QuotaAccount account = counted(new Totals(0, 0, 0, 0), List.of(other));

    assertThat(account.reservations()).containsExactly(other);
    assertThat(account.usage().activeJobs().current()).isZero();
    assertThat(account.usage().schedules().current()).isZero();
  }

  @Test
  void promisesUpToTheLimit() {
    QuotaAccount account = counted(new Totals(1, 0, 0, 0), List.of());

    assertThat(account.reserve(schedule("a"), false, T)).isEmpty();
    assertThat(account.reserve(schedule("b"), false, T)).isEmpty();
    assertThat(account.reserve(schedule("c"), false, T).orElseThrow().message())
        .isEqualTo(
            "Tenant quota exceeded for schedules: limit=3, current=3, attempted=1."
                + " Reduce usage or raise the tenant quota.");
    assertThat(account.reservations()).extracting(QuotaReservation::name).containsExactly("a", "b");
    assertThat(account.usage().schedules())
        .isEqualTo(new QuotaUsage(3, 3, 0, 100, QuotaState.AT_LIMIT));
  }

  @Test
  void aRequestThatIsMadeAgainTakesNoSecondPlaceAndLastsLonger() {
    QuotaAccount account = counted(new Totals(2, 0, 0, 0), List.of(promise("a", T, "other")));

    assertThat(account.reserve(schedule("a"), false, T.plusSeconds(30))).isEmpty();

    assertThat(account.usage().schedules().current()).isEqualTo(3);
    assertThat(account.reservations()).containsExactly(promise("a", T.plusSeconds(30), null));
  }

  @Test
  void anObjectThatExistsTakesNoSecondPlace() {
    QuotaAccount account = counted(new Totals(3, 0, 0, 0), List.of());

    assertThat(account.reserve(schedule("a"), true, T)).isEmpty();

    assertThat(account.usage().schedules().current()).isEqualTo(3);
    assertThat(account.reservations()).containsExactly(promise("a", T, "uid-of-a"));
  }

  @Test
  void aDryRunPromisesNothingButIsToldTheTruth() {
    QuotaAccount account = counted(new Totals(2, 0, 0, 0), List.of());
    QuotaRequest dry = new QuotaRequest(QuotaRequest.Kind.SCHEDULE, "ns", "a", "", true);

    assertThat(account.reserve(dry, false, T)).isEmpty();
    assertThat(account.reservations()).isEmpty();
    assertThat(account.usage().schedules().current()).isEqualTo(2);
    assertThat(account.reserve(schedule("b"), false, T)).isEmpty();
    assertThat(account.reserve(dry, false, T)).isPresent();
  }

  @Test
  void aRunIsAcceptedAsAWholeOrNotAtAll() {
    QuotaAccount account = counted(new Totals(0, 7, 0, 0), List.of());

    assertThat(account.accept(4).orElseThrow())
        .isEqualTo(new Excess("team-a", "activeJobs", 10, 7, 4));
    assertThat(account.usage().activeJobs().current()).isEqualTo(7);
    assertThat(account.accept(3)).isEmpty();
    assertThat(account.usage().activeJobs().current()).isEqualTo(10);
  }

  @Test
  void keptJobsHoldUpNewOnes() {
    QuotaAccount account = counted(new Totals(0, 0, 0, 5), List.of());

    assertThat(account.accept(1).orElseThrow().limit()).isEqualTo("retainedJobs");
    assertThat(
            account
                .reserve(new QuotaRequest(QuotaRequest.Kind.JOB, "ns", "j", "", false), false, T)
                .orElseThrow()
                .message())
        .startsWith("Tenant quota exceeded for retainedJobs: limit=5, current=5, attempted=1.");
  }

  @Test
  void aPromiseIsKeptWhenItsObjectIsSeenOrWillNotCome() {
    List<QuotaReservation> promises =
        List.of(
            promise("seen", T, "new"),
            promise("vanished", T, "new"),
            promise("pending", T, "new"),
            promise("shared", T, "new"),
            promise("askedTwice", T, null),
            promise("askedTwiceAndGone", T, null));
    Map<String, String> uids = Map.of("seen", "new", "shared", "old", "askedTwice", "new");
    QuotaAccount account = QuotaAccount.uncounted("team-a", LIMITS, status(null, promises));

    account.count(
        new Totals(2, 0, 0, 0),
        reservation -> Optional.ofNullable(uids.get(reservation.name())),
        reservation -> Set.of("vanished").contains(reservation.name()));

    assertThat(account.reservations())
        .extracting(QuotaReservation::name)
        .containsExactly("pending", "shared", "askedTwice", "askedTwiceAndGone");
    // What exists, "pending" and "askedTwiceAndGone"; the others share the place of what exists.
    assertThat(account.usage().schedules().current()).isEqualTo(4);
  }

  @Test
  void statesBeginAtFourFifths() {
    assertThat(state(7)).isEqualTo(QuotaState.OK);
    assertThat(state(8)).isEqualTo(QuotaState.NEAR_LIMIT);
    assertThat(state(10)).isEqualTo(QuotaState.AT_LIMIT);
    assertThat(counted(new Totals(0, 12, 0, 0), List.of()).usage().activeJobs())
        .isEqualTo(new QuotaUsage(10, 12, 0, 120, QuotaState.AT_LIMIT));
    assertThat(QuotaAccount.worst(counted(new Totals(0, 8, 0, 0), List.of()).usage()))
        .isEqualTo(QuotaState.NEAR_LIMIT);
  }

  private static QuotaState state(int activeJobs) {
    return counted(new Totals(0, activeJobs, 0, 0), List.of()).usage().activeJobs().state();
  }

  private static QuotaAccount counted(Totals totals, List<QuotaReservation> promises) {
    QuotaAccount account = QuotaAccount.uncounted("team-a", LIMITS, status(null, promises));
    account.count(totals, reservation -> Optional.empty(), reservation -> false);
    return QuotaAccount.of("team-a", LIMITS, status(account.usage(), account.reservations()))
        .orElseThrow();
  }

  private static TenantQuotaStatus status(QuotaUsages usage, List<QuotaReservation> promises) {
    return new TenantQuotaStatus(1L, null, List.of("ns"), null, usage, promises, 1L);
  }

  private static QuotaRequest schedule(String name) {
    return new QuotaRequest(QuotaRequest.Kind.SCHEDULE, "ns", name, "uid-of-" + name, false);
  }

  private static QuotaReservation promise(String name, Instant time, String uid) {
    return new QuotaReservation("scanschedules", "ns", name, time.toString(), uid);
  }
}
