package io.scanwarden.operator.observe;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The conditions that follow from a {@link Verdict}, and from notices. As kstatus wants it, all but
 * Ready are there while they are True, and absent otherwise.
 */
public final class Conditions {
  public static final String READY = "Ready";

  /** There while the API server warns of the template. */
  public static final String TEMPLATE_WARNING = "JobTemplateWarning";

  private static final int MAX_MESSAGE = 32_768;

  private Conditions() {}

  /**
   * The conditions of a status.
   *
   * @param before the conditions as they were: where a status stays the same, so does its
   *     transition time
   */
  public static List<Condition> of(
      Verdict verdict, List<Notice> notices, long generation, List<Condition> before, Instant now) {
    List<Condition> conditions = new ArrayList<>();
    String reason = verdict.reason();
    String message = verdict.message();
    conditions.add(condition(READY, verdict.ready(), reason, message, generation, before, now));
    verdict
        .condition()
        .ifPresent(
            type ->
                conditions.add(condition(type, true, reason, message, generation, before, now)));
    for (Notice notice : notices) {
      conditions.add(
          condition(
              notice.type(), true, notice.reason(), notice.message(), generation, before, now));
    }
    return List.copyOf(conditions);
  }

  /**
   * The same in a third of the memory: what is a word in all statuses is there once, and there are
   * no empty maps.
   */
  public static List<Condition> compact(List<Condition> conditions) {
    List<Condition> compact = new ArrayList<>(conditions.size());
    for (Condition condition : conditions) {
      Condition copy =
          new Condition(
              condition.getLastTransitionTime(),
              condition.getMessage(),
              condition.getObservedGeneration(),
              intern(condition.getReason()),
              intern(condition.getStatus()),
              intern(condition.getType()));
      copy.setAdditionalProperties(Map.of());
      compact.add(copy);
    }
    return List.copyOf(compact);
  }

  private static @Nullable String intern(@Nullable String word) {
    return word == null ? null : word.intern();
  }

  /** The condition of that type. */
  public static Optional<Condition> find(List<Condition> conditions, String type) {
    return conditions.stream().filter(c -> type.equals(c.getType())).findFirst();
  }

  private static Condition condition(
      String type,
      boolean value,
      String reason,
      String message,
      long generation,
      List<Condition> before,
      Instant now) {
    String status = value ? "True" : "False";
    String since =
        find(before, type)
            .filter(c -> status.equals(c.getStatus()) && c.getLastTransitionTime() != null)
            .map(Condition::getLastTransitionTime)
            .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
    return new ConditionBuilder()
        .withType(type)
        .withStatus(status)
        .withReason(reason)
        .withMessage(message.substring(0, Math.min(MAX_MESSAGE, message.length())))
        .withObservedGeneration(generation)
        .withLastTransitionTime(since)
        .build();
  }
}
