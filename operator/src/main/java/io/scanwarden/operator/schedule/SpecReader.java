package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.ConcurrencyPolicy;
import io.scanwarden.api.v1alpha1.Dst;
import io.scanwarden.api.v1alpha1.Exclusion;
import io.scanwarden.api.v1alpha1.MissedRunPolicy;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.Retry;
import io.scanwarden.api.v1alpha1.ScanScheduleSpec;
import io.scanwarden.api.v1alpha1.Stagger;
import io.scanwarden.api.v1alpha1.Target;
import io.scanwarden.api.v1alpha1.Trigger;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.time.Durations;
import io.scanwarden.operator.time.GapPolicy;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.time.OverlapPolicy;
import io.scanwarden.operator.time.Timeline;
import io.scanwarden.operator.time.Zones;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads a ScanSchedule's spec: fills in defaults, and checks what the schema cannot. Whatever bytes
 * the API server has stored, the outcome is a spec or an {@link InvalidScheduleException}.
 */
public final class SpecReader {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private static final Duration FOREVER = Duration.ofDays(36_525);

  private SpecReader() {}

  /**
   * When a schedule is due.
   *
   * @param identity namespace/name: seeds H and jitter
   */
  public static Timeline timeline(String identity, RawJson json) throws InvalidScheduleException {
    return timeline(identity, parse(json));
  }

  /** What decisions need of a spec. */
  static ScheduleSpec read(ScheduleKey key, RawJson json) throws InvalidScheduleException {
    ScanScheduleSpec spec = parse(json);
    if (spec.jobTemplate() == null) {
      throw InvalidScheduleException.invalid("spec.jobTemplate", "", "is required");
    }
    if (spec.concurrencyGroup() != null && spec.concurrencyPolicy() == ConcurrencyPolicy.ALLOW) {
      throw InvalidScheduleException.invalid(
          "spec.concurrencyGroup",
          spec.concurrencyGroup(),
          "is not allowed with concurrencyPolicy Allow");
    }
    JsonNode job = jobSpec(spec.jobTemplate());
    return new ScheduleSpec(
        timeline(key.toString(), spec),
        Boolean.TRUE.equals(spec.suspend()),
        orElse(spec.concurrencyPolicy(), ConcurrencyPolicy.FORBID),
        Optional.ofNullable(spec.concurrencyGroup()),
        Math.clamp(orElse(spec.maxQueued(), ScheduleSpec.MAX_QUEUED), 0, ScheduleSpec.MAX_QUEUED),
        orElse(spec.missedRunPolicy(), MissedRunPolicy.LATEST),
        seconds(spec.startingDeadlineSeconds()),
        duration("spec.timeout", spec.timeout()),
        duration("spec.queueTimeout", spec.queueTimeout()),
        duration("spec.stuckAfter", spec.stuckAfter())
            .filter(d -> !d.equals(ScheduleSpec.STUCK_AFTER))
            .orElse(ScheduleSpec.STUCK_AFTER),
        retry(spec.retry()),
        targets(spec.targets()),
        stagger(spec.stagger()),
        Math.max(0, orElse(spec.successfulJobsHistoryLimit(), 3)),
        Math.max(0, orElse(spec.failedJobsHistoryLimit(), 1)),
        ttl(job),
        Optional.ofNullable(spec.poolRef())
            .map(
                ref ->
                    new PoolKey(orElse(ref.namespace(), key.namespace()), orElse(ref.name(), ""))),
        orElse(spec.priority(), 0),
        slots(job));
  }

  private static Optional<RetryPolicy> retry(@Nullable Retry retry)
      throws InvalidScheduleException {
    if (retry == null) {
      return Optional.empty();
    }
    Duration backoff =
        duration("spec.retry.backoff", retry.backoff()).orElse(RetryPolicy.DEFAULT_BACKOFF);
    Duration most =
        duration("spec.retry.maxBackoff", retry.maxBackoff())
            .orElse(RetryPolicy.DEFAULT_MAX_BACKOFF);
    return Optional.of(new RetryPolicy(Math.max(0, orElse(retry.limit(), 0)), backoff, most));
  }

  private static List<String> targets(@Nullable List<Target> targets) {
    if (targets == null || targets.isEmpty()) {
      return ScheduleSpec.NO_TARGETS;
    }
    return targets.stream().map(target -> orElse(target.name(), "")).distinct().toList();
  }

  private static Optional<StaggerPolicy> stagger(@Nullable Stagger stagger)
      throws InvalidScheduleException {
    if (stagger == null) {
      return Optional.empty();
    }
    Duration interval = duration("spec.stagger.interval", stagger.interval()).orElse(Duration.ZERO);
    return Optional.of(new StaggerPolicy(Math.max(1, orElse(stagger.batchSize(), 1)), interval));
  }

  /**
   * What a Job is made from.
   *
   * @param env of the target
   */
  record Template(RawJson jobTemplate, Map<String, String> env) {}

  /**
   * The template of a spec, for one of its targets.
   *
   * @throws IllegalArgumentException if it has none
   */
  static Template template(RawJson json, String target) {
    RawJson template = null;
    List<Target> targets = List.of();
    try (JsonParser parser = JSON.createParser(json.newInputStream())) {
      if (parser.nextToken() == JsonToken.START_OBJECT) {
        // The rest of the spec is passed over, not read: this is done at each start.
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String field = parser.currentName();
          boolean there = parser.nextToken() != JsonToken.VALUE_NULL;
          if (there && field.equals("jobTemplate")) {
            template = JSON.readValue(parser, RawJson.class);
          } else if (there && field.equals("targets") && !target.isEmpty()) {
            targets = List.of(JSON.readValue(parser, Target[].class));
          } else {
            parser.skipChildren();
          }
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("spec cannot be read: " + e.getMessage(), e);
    }
    if (template == null) {
      throw new IllegalArgumentException("spec.jobTemplate is required");
    }
    Map<String, String> env =
        targets.stream()
            .filter(t -> target.equals(t.name()))
            .findFirst()
            .map(Target::env)
            .orElse(Map.of());
    return new Template(template, env);
  }

  private static ScanScheduleSpec parse(RawJson json) throws InvalidScheduleException {
    try {
      return JSON.readValue(json.newInputStream(), ScanScheduleSpec.class);
    } catch (JsonProcessingException e) {
      throw InvalidScheduleException.invalid(
          "spec", "", "cannot be read: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw InvalidScheduleException.invalid("spec", "", "cannot be read: " + e.getMessage());
    }
  }

  private static Timeline timeline(String identity, ScanScheduleSpec spec)
      throws InvalidScheduleException {
    ZoneId zone = zone("spec.timeZone", spec.timeZone(), ZoneId.of("UTC"));
    Timeline.Builder timeline = Timeline.builder(identity);
    if (spec.schedule() != null) {
      timeline.cron("spec.schedule", spec.schedule(), zone);
    }
    List<Trigger> triggers = orElse(spec.triggers(), List.of());
    for (int i = 0; i < triggers.size(); i++) {
      add(timeline, "spec.triggers[" + i + "]", triggers.get(i), zone);
    }
    List<Exclusion> exclusions = orElse(spec.exclusions(), List.of());
    for (int i = 0; i < exclusions.size(); i++) {
      exclude(timeline, "spec.exclusions[" + i + "]", exclusions.get(i), zone);
    }
    Dst dst = spec.dst();
    timeline.dst(
        dst != null && dst.gap() == io.scanwarden.api.v1alpha1.GapPolicy.SKIP
            ? GapPolicy.SKIP
            : GapPolicy.SHIFT,
        dst != null && dst.overlap() == io.scanwarden.api.v1alpha1.OverlapPolicy.BOTH
            ? OverlapPolicy.BOTH
            : OverlapPolicy.FIRST);
    duration("spec.jitter", spec.jitter()).ifPresent(timeline::jitter);
    time("spec.notBefore", spec.notBefore()).ifPresent(timeline::notBefore);
    time("spec.notAfter", spec.notAfter()).ifPresent(timeline::notAfter);
    return timeline.build();
  }

  private static void add(Timeline.Builder timeline, String field, Trigger trigger, ZoneId zone)
      throws InvalidScheduleException {
    if (trigger.cron() != null) {
      timeline.cron(
          field + ".cron", trigger.cron(), zone(field + ".timeZone", trigger.timeZone(), zone));
    } else if (trigger.every() != null) {
      timeline.every(
          field + ".every",
          Durations.parse(field + ".every", trigger.every()),
          duration(field + ".offset", trigger.offset()).orElse(Duration.ZERO));
    } else if (trigger.at() != null) {
      timeline.at(time(field + ".at", trigger.at()).orElseThrow());
    } else {
      throw InvalidScheduleException.invalid(field, "", "must have exactly one of cron, every, at");
    }
  }

  private static void exclude(
      Timeline.Builder timeline, String field, Exclusion exclusion, ZoneId zone)
      throws InvalidScheduleException {
    Optional<Instant> from = time(field + ".from", exclusion.from());
    Optional<Instant> to = time(field + ".to", exclusion.to());
    Optional<Duration> duration = duration(field + ".duration", exclusion.duration());
    if (from.isPresent() && to.isPresent()) {
      timeline.exclude(from.get(), to.get());
    } else if (exclusion.cron() != null && duration.isPresent()) {
      timeline.exclude(
          field + ".cron",
          exclusion.cron(),
          zone(field + ".timeZone", exclusion.timeZone(), zone),
          duration.get());
    } else {
      throw InvalidScheduleException.invalid(
          field, "", "must have either from and to, or cron and duration");
    }
  }

  private static ZoneId zone(String field, @Nullable String name, ZoneId other)
      throws InvalidScheduleException {
    return name == null ? other : Zones.parse(field, name);
  }

  private static Optional<Duration> duration(String field, @Nullable String text)
      throws InvalidScheduleException {
    return text == null ? Optional.empty() : Optional.of(Durations.parse(field, text));
  }

  private static Optional<Instant> time(String field, @Nullable String text)
      throws InvalidScheduleException {
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      throw InvalidScheduleException.invalid(
          field, text, "must be an RFC 3339 time such as 2027-01-31T03:00:00Z");
    }
  }

  private static Optional<Duration> seconds(@Nullable Long seconds) {
    return Optional.ofNullable(seconds).map(SpecReader::bounded);
  }

  /** Seconds that can be added to any time there is: a century is as good as for ever. */
  private static Duration bounded(long seconds) {
    return Duration.ofSeconds(Math.clamp(seconds, 0, FOREVER.toSeconds()));
  }

  /** The template's ttlSecondsAfterFinished, which the operator applies itself. */
  private static Optional<Duration> ttl(JsonNode job) {
    JsonNode ttl = job.path("ttlSecondsAfterFinished");
    return ttl.isIntegralNumber() ? Optional.of(bounded(ttl.longValue())) : Optional.empty();
  }

  private static int slots(JsonNode job) {
    return new JobResource.Spec(null, number(job, "parallelism"), number(job, "completions"))
        .slots();
  }

  private static @Nullable Integer number(JsonNode object, String field) {
    JsonNode value = object.path(field);
    return value.canConvertToInt() ? value.intValue() : null;
  }

  private static JsonNode jobSpec(RawJson template) throws InvalidScheduleException {
    try {
      return JSON.readTree(template.newInputStream()).path("spec");
    } catch (IOException e) {
      throw InvalidScheduleException.invalid(
          "spec.jobTemplate", "", "cannot be read: " + e.getMessage());
    }
  }

  private static <T> T orElse(@Nullable T value, T other) {
    return value == null ? other : value;
  }
}
