package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** A place that was promised to an object of that name, whose creation was allowed. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record QuotaReservation(
    @JsonPropertyDescription("The object's resource: jobs or scanschedules.") String resource,
    @JsonPropertyDescription("The object's namespace.") String namespace,
    @JsonPropertyDescription("The object's name.") String name,
    @JsonPropertyDescription("When it was promised, an RFC 3339 time.") String time,
    @JsonPropertyDescription(
            "The UID that the object will have. Absent where an object of that name was asked for more than once"
                + " meanwhile: whichever comes, or goes, may not be the last.")
        @Nullable String uid) {}
