package io.scanwarden.operator;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Each option's default, where it is set, is an environment variable: {@code --http-port},
 * SCANWARDEN_HTTP_PORT.
 */
record EnvironmentDefaults(Map<String, String> environment) implements IDefaultValueProvider {
  /** The first has a variable of another meaning, which allows it; the others are said once. */
  private static final Set<String> WITHOUT =
      Set.of(
          "--test-clock",
          "--help",
          "--version",
          "--count",
          "--from",
          "--time-zone",
          "--identity",
          "--head");

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option
        ? variable(option).map(environment::get).filter(value -> !value.isEmpty()).orElse(null)
        : null;
  }

  /** The variable of this option, if it has one. */
  static Optional<String> variable(OptionSpec option) {
    String name = option.longestName();
    return WITHOUT.contains(name)
        ? Optional.empty()
        : Optional.of("SCANWARDEN_" + name.substring(2).replace('-', '_').toUpperCase(Locale.ROOT));
  }
}
