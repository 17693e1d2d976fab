package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What the annotation {@code scanwarden.io/backfill} has led to. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Backfill(
    @JsonPropertyDescription(
            "The latest value of the annotation scanwarden.io/backfill that was acted on, as it was written:"
                + " <from>/<to>, both inclusive. It is acted on once, until another value was.")
        @Nullable String interval,
    @JsonPropertyDescription(
            "The instant up to which all of the interval were accepted. Absent before the first was.")
        @Nullable String cursor,
    @JsonPropertyDescription(
            "How many instants were accepted: their runs wait, run or are over, or they had a Job already.")
        @Nullable Integer accepted,
    @JsonPropertyDescription(
            "How many instants are done: their runs are over, or they had a Job already.")
        @Nullable Integer done,
    @JsonPropertyDescription(
            "How many instants the interval has, without excluded ones. An edit of the schedule may change it.")
        @Nullable Integer total,
    @JsonPropertyDescription(
            "The latest value that was ignored, at most 100 characters of it; an Event BackfillIgnored said why."
                + " It is not looked at again.")
        @Nullable String ignored) {}
