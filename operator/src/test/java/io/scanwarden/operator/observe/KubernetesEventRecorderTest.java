package io.scanwarden.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class KubernetesEventRecorderTest {
  private static final Instant NOW = Instant.parse("2026-10-25T01:00:00.123456Z");

  KubernetesMockServer server;
  KubernetesClient client;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private volatile Instant now = NOW;
  private KubernetesEventRecorder recorder;

  @BeforeEach
  void start() {
    recorder = new KubernetesEventRecorder(client, "me_1", () -> now, new Metrics(registry));
  }

  @AfterEach
  void stop() {
    recorder.close();
  }

  @Test
  void writesWhatKubectlDescribeShows() {
    recorder.record(
        schedule("nightly"),
        EventRecorder.Type.WARNING,
        "RunSkipped",
        "Schedule",
        "the previous run has not ended");

    Event event = events(1).getFirst();

    assertThat(event.getMetadata().getName()).startsWith("nightly.");
    assertThat(event.getMetadata().getNamespace()).isEqualTo("team-a");
    assertThat(event.getRegarding()).isEqualTo(schedule("nightly"));
    assertThat(event.getType()).isEqualTo("Warning");
    assertThat(event.getReason()).isEqualTo("RunSkipped");
    assertThat(event.getAction()).isEqualTo("Schedule");
    assertThat(event.getNote()).isEqualTo("the previous run has not ended");
    assertThat(event.getReportingController()).isEqualTo("scanwarden.io/operator");
    assertThat(event.getReportingInstance()).isEqualTo("me_1");
    assertThat(event.getEventTime().getTime()).isEqualTo("2026-10-25T01:00:00.123456Z");
    assertThat(event.getSeries()).isNull();
  }

  @Test
  void theSameAgainBecomesASeries() {
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    now = NOW.plusSeconds(60);
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    now = NOW.plusSeconds(120);
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");

    await()
        .untilAsserted(
            () -> {
              Event event = events(1).getFirst();
              assertThat(event.getSeries()).isNotNull();
              assertThat(event.getSeries().getCount()).isEqualTo(3);
              assertThat(event.getSeries().getLastObservedTime().getTime())
                  .isEqualTo("2026-10-25T01:02:00.123456Z");
              assertThat(event.getNote()).isEqualTo("started");
            });
  }

  @Test
  void afterTenMinutesItIsNew() {
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    now = NOW.plus(Duration.ofMinutes(10));
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");

    assertThat(events(2)).extracting(e -> e.getMetadata().getName()).doesNotHaveDuplicates();
  }

  @Test
  void aSeriesWhoseEventIsGoneStartsAnew() {
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    client.resource(events(1).getFirst()).delete();
    recorder.record(
        schedule("nightly"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");

    events(1);
  }

  @Test
  void oneObjectCannotDrownTheOthers() {
    for (int i = 0; i < 40; i++) {
      recorder.record(
          schedule("loud"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started " + i);
    }
    recorder.record(schedule("quiet"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");

    assertThat(events(EventHistory.BURST + 1))
        .extracting(e -> e.getRegarding().getName())
        .contains("quiet");
    assertThat(registry.scrape())
        .contains("scanwarden_events_dropped_total{reason=\"RateLimited\"} 15.0");

    now = NOW.plusSeconds(61);
    recorder.record(schedule("loud"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "later");
    events(EventHistory.BURST + 2);
  }

  @Test
  void recordingNeverWaits() {
    server
        .expect()
        .post()
        .delay(20, TimeUnit.SECONDS)
        .withPath("/apis/events.k8s.io/v1/namespaces/team-a/events")
        .andReturn(201, "{}")
        .always();
    long begun = System.nanoTime();

    for (int i = 0; i < KubernetesEventRecorder.QUEUE + 50; i++) {
      recorder.record(
          schedule("s" + i), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    }

    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
    assertThat(registry.scrape()).contains("scanwarden_events_dropped_total{reason=\"QueueFull\"}");
  }

  @Test
  void whatWaitsIsWrittenAtTheEnd() {
    for (int i = 0; i < 10; i++) {
      recorder.record(
          schedule("s" + i), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    }

    recorder.close(Duration.ofSeconds(30));

    assertThat(client.events().v1().events().inAnyNamespace().list().getItems()).hasSize(10);
  }

  @Test
  void givesWayToWhatIsMoreUrgentButNotForEver() {
    AtomicBoolean urgent = new AtomicBoolean(true);
    recorder.behind(urgent::get);
    recorder.record(schedule("a"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    await().during(Duration.ofMillis(200)).until(() -> events(0).isEmpty());
    urgent.set(false);
    events(1);

    urgent.set(true);
    recorder.record(schedule("b"), EventRecorder.Type.NORMAL, "RunStarted", "Start", "started");
    now = NOW.plusSeconds(11);
    events(2);
  }

  @Test
  void longMessagesAreCutBetweenCharacters() {
    assertThat(KubernetesEventRecorder.cut("short", 1024)).isEqualTo("short");
    assertThat(KubernetesEventRecorder.cut("é".repeat(600), 1023)).isEqualTo("é".repeat(511));
    assertThat(KubernetesEventRecorder.cut("😀".repeat(300), 1022)).isEqualTo("😀".repeat(255));
    assertThat(KubernetesEventRecorder.cut("a".repeat(1024), 1024)).hasSize(1024);
  }

  private List<Event> events(int count) {
    return await()
        .until(
            () -> client.events().v1().events().inNamespace("team-a").list().getItems(),
            found -> found.size() == count);
  }

  private static ObjectReference schedule(String name) {
    return new ObjectReferenceBuilder()
        .withApiVersion("scanwarden.io/v1alpha1")
        .withKind("ScanSchedule")
        .withNamespace("team-a")
        .withName(name)
        .withUid("uid-" + name)
        .build();
  }
}
