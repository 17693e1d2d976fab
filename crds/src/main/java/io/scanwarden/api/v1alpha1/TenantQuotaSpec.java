package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.LabelSelector;
import org.jspecify.annotations.Nullable;

/**
 * Whose quota it is, and what it allows. Either a selector or {@code default: true}. A component is
 * null where the field is absent.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record TenantQuotaSpec(
    @JsonPropertyDescription(
            "The namespaces of the tenant, by their labels. An empty selector selects all. A namespace belongs to"
                + " one tenant at most: of several quotas that select it the oldest wins, and the others say"
                + " Conflict.")
        @Nullable LabelSelector namespaceSelector,
    @JsonProperty("default")
        @JsonPropertyDescription(
            "True, instead of a selector: each namespace that no other quota selects is a tenant of its own with"
                + " these limits. The operator makes and keeps a TenantQuota <this name>.<namespace> for each."
                + " Only one quota may say so: of several the oldest wins.")
        @Nullable Boolean isDefault,
    @JsonPropertyDescription(
            "What the tenant may hold. Each limit is from 0, nothing at all, to 1000000; an absent one is none.")
        @Nullable QuotaLimits limits) {}
