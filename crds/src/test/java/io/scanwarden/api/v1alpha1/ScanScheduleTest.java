package io.scanwarden.api.v1alpha1;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScanScheduleTest {

  private final ObjectMapper mapper = ApiJson.newMapper();
  private final KubernetesSerialization serialization = new KubernetesSerialization(mapper, true);

  static Stream<Path> validManifests() throws IOException {
    return files("valid");
  }

  static Stream<Path> invalidManifests() throws IOException {
    return files("invalid");
  }

  private static Stream<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources", folder))) {
      return files.sorted().toList().stream();
    }
  }

  @Test
  void everyFieldSurvivesTheRoundTrip() throws IOException {
    ScanSchedule schedule = new ScanSchedule();
    schedule.setMetadata(new ObjectMetaBuilder().withName("all").withNamespace("t").build());
    schedule.setSpec(
        new ScanScheduleSpec(
            "H 3 * * *",
            "Europe/Berlin",
            List.of(
                new Trigger("0 2 * * *", "America/New_York", null, null, null),
                new Trigger(null, null, "6h", "15m", null),
                new Trigger(null, null, null, null, "2026-12-01T03:00:00Z")),
            new Dst(GapPolicy.SKIP, OverlapPolicy.BOTH),
            "10m",
            "2026-11-01T00:00:00Z",
            "2027-11-01T00:00:00Z",
            List.of(
                new Exclusion("2026-12-24T00:00:00Z", "2026-12-27T00:00:00Z", null, null, null),
                new Exclusion(null, null, "0 0 * * 6", "Europe/Berlin", "48h")),
            true,
            MissedRunPolicy.ALL,
            ConcurrencyPolicy.QUEUE,
            "aws-123456789",
            7,
            new PoolRef("nightly", "scans"),
            -5,
            3_000_000_000L,
            "2h",
            "6h",
            "4h",
            new Retry(3, "1m", "30m"),
            List.of(
                new Target("eu-central-1", Map.of("AWS_REGION", "eu-central-1")),
                new Target("us-east-1", null)),
            new Stagger(5, "2m"),
            4,
            2,
            RawJson.of("{\"spec\":{\"x\":0.5}}".getBytes(UTF_8))));
    schedule.setStatus(status());

    for (String text : List.of(serialization.asJson(schedule), serialization.asYaml(schedule))) {
      ScanSchedule read = serialization.unmarshal(text, ScanSchedule.class);
      assertThat(read.getSpec()).isEqualTo(schedule.getSpec());
      assertThat(read.getStatus()).isEqualTo(schedule.getStatus());
      assertThat(read.getMetadata()).isEqualTo(schedule.getMetadata());
    }
    JsonNode tree = mapper.readTree(serialization.asJson(schedule));
    assertThat(tree.at("/spec/dst/gap").asText()).isEqualTo("Skip");
    assertThat(tree.at("/status/active/0/state").asText()).isEqualTo("Queued");
    assertThat(serialization.clone(schedule).getSpec()).isEqualTo(schedule.getSpec());
  }

  private static ScanScheduleStatus status() {
    Condition ready = new ConditionBuilder().withType("Ready").withStatus("True").build();
    String time = "2026-11-22T03:00:00Z";
    return new ScanScheduleStatus(
        4_000_000_000L,
        "H 3 * * *",
        List.of(ready),
        time,
        time,
        time,
        "Succeeded",
        List.of(time),
        time,
        List.of(
            new ActiveRun(
                "all-1",
                "Cron",
                "eu-central-1",
                List.of("us-east-1"),
                2,
                time,
                ActiveRunState.QUEUED,
                "WaitingForTermination",
                "why",
                null,
                null)),
        0,
        1,
        new Counts(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L),
        List.of(
            new RecentRun(
                "all-0",
                "Every",
                time,
                time,
                time,
                "Succeeded",
                1,
                new TargetCounts(3, 2, 1),
                "done")),
        List.of("uid"),
        new LastSkipped(time, "Forbidden", "why"),
        time,
        new Backfill(time + "/" + time, time, 3, 2, 5, "yesterday"));
  }

  @Test
  void absentStaysAbsent() throws IOException {
    ScanSchedule read =
        serialization.unmarshal(
            "{\"apiVersion\":\"scanwarden.io/v1alpha1\",\"kind\":\"ScanSchedule\","
                + "\"spec\":{\"jobTemplate\":null,\"newer\":1},\"status\":{\"newer\":{}}}",
            ScanSchedule.class);

    assertThat(read.getSpec().jobTemplate()).isNull();
    JsonNode written = mapper.readTree(serialization.asJson(read));
    assertThat(written.get("spec")).isEmpty();
    assertThat(written.get("status")).isEmpty();
    assertThat(new ScanSchedule().getSpec()).isNull();
  }

  @Test
  void isKnownToTheClientByItsKind() {
    assertThat(HasMetadata.getFullResourceName(ScanSchedule.class))
        .isEqualTo("scanschedules.scanwarden.io");
    assertThat(HasMetadata.getApiVersion(ScanSchedule.class)).isEqualTo("scanwarden.io/v1alpha1");
    assertThat(new ScanSchedule().getKind()).isEqualTo(ScanSchedule.KIND);
  }

  @Test
  void listOfSchedulesIsReadThoughOneNestsVeryDeep() throws IOException {
    int depth = 9_900;
    String deep = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
    String item =
        "{\"apiVersion\":\"scanwarden.io/v1alpha1\",\"kind\":\"ScanSchedule\",\"metadata\":{\"name\":\"deep\","
            + "\"managedFields\":[{\"fieldsV1\":"
            + deep
            + "}]},\"spec\":{\"jobTemplate\":"
            + deep
            + "}}";
    String list =
        "{\"apiVersion\":\"scanwarden.io/v1alpha1\",\"kind\":\"ScanScheduleList\",\"items\":["
            + item
            + "]}";

    ScanScheduleList read = serialization.unmarshal(list, ScanScheduleList.class);
    ScanSchedule schedule = read.getItems().getFirst();
    assertThat(Objects.requireNonNull(schedule.getSpec().jobTemplate())).hasToString(deep);
    assertThat(schedule.getMetadata().getManagedFields()).isEmpty();
    assertThat(schedule.getMetadata().getAdditionalProperties()).isEmpty();
    ScanSchedule copy = serialization.clone(schedule);
    assertThat(copy.getSpec()).isEqualTo(schedule.getSpec());
    assertThat(serialization.asJson(copy)).doesNotContain("managedFields");
  }

  @ParameterizedTest
  @MethodSource("validManifests")
  void validManifestsAreRead(Path file) throws IOException {
    ScanSchedule schedule = serialization.unmarshal(Files.readString(file), ScanSchedule.class);

    JsonNode written = mapper.readTree(serialization.asJson(schedule)).get("spec");
    JsonNode given = CrdManifest.tree(Files.readString(file)).get("spec");
    assertThat(written.get("jobTemplate")).isEqualTo(given.get("jobTemplate"));
    assertThat(schedule.getMetadata().getName())
        .hasSizeLessThanOrEqualTo(ScanSchedule.MAX_NAME_LENGTH);
  }

  @ParameterizedTest
  @MethodSource("invalidManifests")
  void invalidManifestsSayWhatIsExpected(Path file) throws IOException {
    assertThat(Files.readAllLines(file).getFirst())
        .matches(
            "# (expect: .{10,}"
                + "|condition: (InvalidSchedule|InvalidTimeZone|NeverFires|InvalidJobTemplate|Missed))");
  }
}
