package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import io.scanwarden.operator.schedule.SpecReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.sessions.JqwikSession;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/** What a status says of the coming times, the timeline, and brute force: the same. */
@ControlPlaneTest
class NextScheduleTimesIT {
  private static final long SEED = 20_261_025;
  private static final int SAMPLES = 40;

  /** Brute force looks so far; what fires less often is compared as far as that. */
  private static final Duration HORIZON = Duration.ofDays(800);

  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Europe/Berlin",
          "America/New_York",
          "Australia/Lord_Howe",
          "America/Havana",
          "Asia/Kathmandu",
          "Pacific/Apia",
          "Africa/Casablanca");

  private record Sample(String name, CronSample cron, ZoneId zone) {}

  @Test
  void statusTimelineAndBruteForceAgree(ControlPlane plane) throws Exception {
    ObjectMapper json = new ObjectMapper();
    List<Sample> samples = samples();
    StringBuilder manifests = new StringBuilder();
    for (Sample sample : samples) {
      manifests.append(
          """
          ---
          apiVersion: scanwarden.io/v1alpha1
          kind: ScanSchedule
          metadata: {name: %s}
          spec:
            schedule: "%s"
            timeZone: %s
            jobTemplate: {spec: {template: {spec: {
              restartPolicy: Never, containers: [{name: scan, image: scanner}]}}}}
          """
              .formatted(sample.name, sample.cron.text(), sample.zone));
    }
    try (RunningOperator _ =
        // It stands still, so that nothing fires while the test looks.
        RunningOperator.of(plane).withTestClock(Instant.now(), 0).start().awaitLeading()) {
      plane.apply(manifests.toString());
      SoftAssertions softly = new SoftAssertions();
      for (Sample sample : samples) {
        String path =
            "/apis/scanwarden.io/v1alpha1/namespaces/%s/scanschedules/%s"
                .formatted(plane.namespace(), sample.name);
        JsonNode schedule =
            await()
                .alias(sample.toString())
                .atMost(Duration.ofSeconds(30))
                .until(
                    () -> json.readTree(plane.admin().raw(path)),
                    s -> s.at("/status/observedGeneration").asLong() == 1);
        Instant cursor = Instant.parse(schedule.at("/status/cursor").asText());
        List<Instant> shown = new ArrayList<>();
        schedule
            .at("/status/nextScheduleTimes")
            .forEach(time -> shown.add(Instant.parse(time.asText())));

        softly.assertThat(shown).as(sample.toString()).hasSizeBetween(1, 5);
        softly
            .assertThat(shown)
            .as(sample.toString())
            .isEqualTo(timeline(plane.namespace() + "/" + sample.name, schedule, cursor));
        NavigableSet<Instant> brute =
            sample
                .cron
                .oracle()
                .fires(
                    cursor.plusNanos(1),
                    cursor.plus(HORIZON),
                    sample.zone,
                    GapPolicy.SHIFT,
                    OverlapPolicy.FIRST);
        softly
            .assertThat(shown.stream().filter(t -> t.isBefore(cursor.plus(HORIZON))))
            .as(sample.toString())
            .isEqualTo(brute.stream().limit(5).toList());
      }
      softly.assertAll();
    }
  }

  private static List<Instant> timeline(String identity, JsonNode schedule, Instant after)
      throws InvalidScheduleException {
    byte[] spec = schedule.path("spec").toString().getBytes(StandardCharsets.UTF_8);
    Timeline timeline = SpecReader.timeline(identity, RawJson.of(spec));
    List<Instant> next = new ArrayList<>();
    Optional<Occurrence> occurrence = timeline.next(after);
    while (occurrence.isPresent() && next.size() < 5) {
      next.add(occurrence.get().instant());
      occurrence = timeline.next(occurrence.get().instant());
    }
    return next;
  }

  private static List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    JqwikSession.run(
        () -> {
          Random random = new Random(SEED);
          RandomGenerator<CronSample> generator = CronSample.any().generator(1000);
          for (int i = 0; i < SAMPLES; i++) {
            samples.add(
                new Sample(
                    "sample-" + i,
                    generator.next(random).value(),
                    ZoneId.of(ZONES.get(random.nextInt(ZONES.size())))));
          }
        });
    assertThat(samples).hasSize(SAMPLES);
    return samples;
  }
}
