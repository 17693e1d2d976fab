package io.scanwarden.operator;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Text;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/**
 * The list of options in a command's help: under headings, each with its environment variable and
 * default.
 */
final class OptionHelp {
  /** Above the options of a class. */
  @Retention(RetentionPolicy.RUNTIME)
  @interface Heading {
    String value();
  }

  private static final String OTHER = "Options";

  private OptionHelp() {}

  /** For the command and those under it. */
  static void install(CommandLine command) {
    command.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionHelp::render);
    command.getSubcommands().values().forEach(OptionHelp::install);
  }

  private static String render(Help help) {
    Map<String, List<OptionSpec>> groups = new LinkedHashMap<>();
    for (OptionSpec option : help.commandSpec().options()) {
      if (!option.hidden()) {
        groups.computeIfAbsent(heading(option), h -> new ArrayList<>()).add(option);
      }
    }
    StringBuilder text = new StringBuilder();
    groups.forEach(
        (heading, options) -> {
          text.append(String.format("%n%s:%n", heading));
          Help.Layout layout =
              new Help.Layout(
                  help.colorScheme(),
                  Help.TextTable.forColumns(
                      help.colorScheme(),
                      new Help.Column(6, 2, Help.Column.Overflow.TRUNCATE),
                      new Help.Column(44, 0, Help.Column.Overflow.SPAN),
                      new Help.Column(70, 2, Help.Column.Overflow.WRAP)),
                  (option, label, scheme) -> rows(option, label, scheme),
                  help.createDefaultParameterRenderer());
          layout.addOptions(options, help.createDefaultParamLabelRenderer());
          text.append(layout);
        });
    return text.toString();
  }

  private static Text[][] rows(
      OptionSpec option, Help.IParamLabelRenderer label, Help.ColorScheme scheme) {
    List<Text[]> rows = new ArrayList<>();
    String shortName =
        option.shortestName().equals(option.longestName()) ? "" : option.shortestName() + ", ";
    Text name =
        scheme
            .optionText(option.longestName())
            .concat(label.renderParameterLabel(option, scheme.ansi(), scheme.optionParamStyles()));
    Text description = scheme.text(String.join(" ", option.description()));
    rows.add(new Text[] {scheme.optionText(shortName), name, description});
    EnvironmentDefaults.variable(option)
        .ifPresent(
            variable ->
                rows.add(
                    new Text[] {
                      scheme.text(""), scheme.text(""), scheme.text(variable + initial(option))
                    }));
    return rows.toArray(Text[][]::new);
  }

  private static String initial(OptionSpec option) {
    return defaultOf(option).map(value -> ", default " + value).orElse("");
  }

  /** What an option is where neither it nor its variable is set, if that is a value. */
  static Optional<String> defaultOf(OptionSpec option) {
    return Optional.ofNullable(option.initialValue())
        .map(value -> value instanceof Duration d ? GoDuration.format(d) : value.toString())
        .filter(value -> !value.isEmpty() && !value.equals("[]"));
  }

  private static String heading(OptionSpec option) {
    return option.userObject() instanceof Field field
            && field.getDeclaringClass().isAnnotationPresent(Heading.class)
        ? field.getDeclaringClass().getAnnotation(Heading.class).value()
        : OTHER;
  }
}
