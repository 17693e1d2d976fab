package io.scanwarden.operator.tenant;

import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import java.io.IOException;
import java.util.Optional;

/** What writers of quotas want of the API server. Each call blocks, and answers as the quorum. */
interface QuotaApi {
  /**
   * The quota of that name, if there is one.
   *
   * @throws IOException if there was no answer, or one of failure
   */
  Optional<QuotaVersion> get(String name) throws IOException;

  /**
   * Replaces the status of the quota, if that is still the version that was read.
   *
   * @param leads whether this is a write of the leader's, and must not land when it leads no more
   * @return the quota as it is now; empty if it was another meanwhile
   * @throws IOException if there was no answer, or one of failure
   */
  Optional<QuotaVersion> write(QuotaVersion read, TenantQuotaStatus status, boolean leads)
      throws IOException;

  /**
   * The UID of the object that has the name of a reservation, if it exists.
   *
   * @throws IOException if there was no answer, or one of failure
   */
  Optional<String> uid(String resource, String namespace, String name) throws IOException;
}
