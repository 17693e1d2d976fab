package io.scanwarden.operator.tenant;

import io.scanwarden.api.v1alpha1.QuotaReservation;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.Set;
import java.util.function.Predicate;

/** What the leader knows of tenants beyond their statuses: it counts what exists. */
interface QuotaCount {
  /**
   * The account as things are.
   *
   * @param over whether the object of a reservation will not come any more
   */
  QuotaAccount account(QuotaVersion quota, Predicate<QuotaReservation> over);

  /** The namespaces that are the tenant's. */
  Set<String> namespaces(QuotaVersion quota);

  /** The whole status that says so. */
  TenantQuotaStatus status(QuotaVersion quota, QuotaAccount account, Instant now);

  /**
   * The Jobs of a run were accepted, and count from now on although they do not exist yet.
   *
   * @return whether they did not before
   */
  boolean accepted(QuotaAsk.Accept run);

  /** The run that was accepted does not want its places any more. */
  void givenUp(QuotaAsk.Accept run);

  /**
   * Whether the reservation's name has no object, or one that is counted: asked when no request
   * that was allowed then can still be under way.
   *
   * @throws IOException if the API server did not answer
   */
  boolean isOver(QuotaReservation reservation) throws IOException;
}
