package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One of the things that a schedule scans, each by a Job of its own. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonIgnoreProperties(ignoreUnknown = true)
public record Target(
    @Required
        @JsonPropertyDescription(
            "The target's name, part of the names of its Jobs and their label scanwarden.io/target. At most 63"
                + " characters: lower-case letters, digits and -, beginning with a letter.")
        @Nullable String name,
    @JsonPropertyDescription(
            "Environment variables that every container of the target's Jobs is given, in place of those of the"
                + " same name in jobTemplate. SCANWARDEN_TARGET is always there, and says the target's name.")
        @Nullable Map<String, String> env) {

  /** Keeps an unmodifiable copy of the map. */
  public Target {
    env = env == null ? null : Map.copyOf(env);
  }
}
