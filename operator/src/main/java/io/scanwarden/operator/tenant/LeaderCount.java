package io.scanwarden.operator.tenant;

import io.fabric8.kubernetes.api.model.Condition;
import io.scanwarden.api.v1alpha1.QuotaReservation;
import io.scanwarden.api.v1alpha1.QuotaUsages;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import io.scanwarden.operator.observe.Conditions;
import io.scanwarden.operator.observe.Notice;
import io.scanwarden.operator.observe.Verdict;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** What the leader of a term knows of tenants. */
final class LeaderCount implements QuotaCount {
  static final String CONFLICT = "Conflict";

  private final long term;
  private final TenantDirectory directory;
  private final Holdings holdings;
  private final QuotaApi api;

  LeaderCount(long term, TenantDirectory directory, Holdings holdings, QuotaApi api) {
    this.term = term;
    this.directory = directory;
    this.holdings = holdings;
    this.api = api;
  }

  @Override
  public Set<String> namespaces(QuotaVersion quota) {
    return Set.copyOf(directory.namespacesOf(quota.name()));
  }

  @Override
  public QuotaAccount account(QuotaVersion quota, Predicate<QuotaReservation> over) {
    QuotaAccount account = QuotaAccount.uncounted(quota.name(), quota.limits(), quota.status());
    account.count(holdings.totals(namespaces(quota)), this::uid, over);
    return account;
  }

  private Optional<String> uid(QuotaReservation reservation) {
    return QuotaRequest.Kind.of(reservation.resource())
        .flatMap(kind -> holdings.uid(kind, reservation.namespace(), reservation.name()));
  }

  @Override
  public TenantQuotaStatus status(QuotaVersion quota, QuotaAccount account, Instant now) {
    QuotaUsages usage = account.usage();
    List<Condition> before = Objects.requireNonNullElse(quota.status().conditions(), List.of());
    return new TenantQuotaStatus(
        quota.generation(),
        Conditions.of(verdict(quota), notices(quota), quota.generation(), before, now),
        namespaces(quota).stream().sorted().toList(),
        QuotaAccount.worst(usage),
        usage,
        account.reservations(),
        term);
  }

  private static Verdict verdict(QuotaVersion quota) {
    if (quota.spec().isEmpty()) {
      return Verdict.stalled(
          "InvalidQuota", "spec cannot be read: until it is corrected its tenant may have nothing");
    }
    return Boolean.TRUE.equals(quota.spec().get().isDefault())
        ? Verdict.ready("Default", "each namespace that no other quota selects gets one like it")
        : Verdict.ready("InForce", "what its namespaces create is counted");
  }

  private List<Notice> notices(QuotaVersion quota) {
    QuotaConflicts conflicts = directory.conflictsOf(quota.name());
    if (conflicts.isEmpty()) {
      return List.of();
    }
    List<String> sentences = new ArrayList<>();
    conflicts
        .namespaces()
        .forEach(
            (namespace, other) ->
                sentences.add("namespace " + namespace + " belongs to TenantQuota " + other));
    conflicts
        .otherDefault()
        .ifPresent(other -> sentences.add("TenantQuota " + other + " is the default"));
    return List.of(
        new Notice(
            CONFLICT, "OlderQuotaWins", "another quota is older: " + String.join("; ", sentences)));
  }

  @Override
  public boolean accepted(QuotaAsk.Accept run) {
    return holdings.accept(run.namespace(), run.run(), run.jobs());
  }

  @Override
  public void givenUp(QuotaAsk.Accept run) {
    holdings.giveUp(run.namespace(), run.run(), run.jobs());
  }

  @Override
  public boolean isOver(QuotaReservation reservation) throws IOException {
    Optional<String> uid =
        api.uid(reservation.resource(), reservation.namespace(), reservation.name());
    return uid.isEmpty() || uid.equals(uid(reservation));
  }
}
