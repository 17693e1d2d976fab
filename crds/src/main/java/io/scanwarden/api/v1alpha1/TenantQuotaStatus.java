package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a tenant holds, and what it was promised and is not seen yet. A component is null where the
 * field is absent; everything is until the operator has seen the quota.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record TenantQuotaStatus(
    @JsonPropertyDescription(
            "The metadata.generation that this status is about; -1 until the operator has seen the quota.")
        @Nullable Long observedGeneration,
    @JsonPropertyDescription(
            "Ready: whether the quota is valid and in force. Conflict: another quota, which is older, has some of"
                + " its namespaces. How much is used never makes it not ready.")
        @Nullable List<Condition> conditions,
    @JsonPropertyDescription("The tenant's namespaces, in alphabetical order.")
        @Nullable List<String> namespaces,
    @JsonPropertyDescription("The worst of the states of all limits.") @Nullable QuotaState state,
    @JsonPropertyDescription("What is used of each limit.") @Nullable QuotaUsages usage,
    @JsonPropertyDescription(
            "Places that were promised to objects whose creation was allowed and that were not seen since. They"
                + " are part of usage.")
        @Nullable List<QuotaReservation> reservations,
    @JsonPropertyDescription(
            "The Lease's leaseTransitions under which usage was counted last: each leader writes its own first, so"
                + " that what an earlier one still sends is refused.")
        @Nullable Long term) {

  /** Keeps unmodifiable copies of the lists. */
  public TenantQuotaStatus {
    conditions = conditions == null ? null : List.copyOf(conditions);
    namespaces = namespaces == null ? null : List.copyOf(namespaces);
    reservations = reservations == null ? null : List.copyOf(reservations);
  }
}
