package io.scanwarden.operator.tenant;

import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Something that is asked of a quota, and where the answer goes. */
sealed interface QuotaAsk {
  CompletableFuture<QuotaAnswer> answer();

  /** The namespace that must be the tenant's. */
  String namespace();

  /** A place for an object that somebody creates. */
  record Reserve(QuotaRequest request, CompletableFuture<QuotaAnswer> answer) implements QuotaAsk {
    @Override
    public String namespace() {
      return request.namespace();
    }
  }

  /**
   * Places for all Jobs of a run of a schedule; asked of the leader's own.
   *
   * @param run its name
   * @param jobs the names of its Jobs
   */
  record Accept(
      String namespace, String run, Set<String> jobs, CompletableFuture<QuotaAnswer> answer)
      implements QuotaAsk {}
}
