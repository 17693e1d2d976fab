package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.kubernetes.api.model.LabelSelector;
import org.jspecify.annotations.Nullable;

/** Whose Jobs may join a pool. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record AllowedNamespaces(
    @JsonPropertyDescription(
            "Same (default): the pool's own namespace only; All: any namespace; Selector: those whose labels"
                + " selector matches, the pool's own included only if its labels match too.")
        @Nullable FromNamespaces from,
    @JsonPropertyDescription(
            "Selects namespaces by their labels; an empty one selects all. Needed with from Selector, and not"
                + " allowed otherwise.")
        @Nullable LabelSelector selector) {}
