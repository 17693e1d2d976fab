package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.time.TestWorkClock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Schedules all of whose instants are excluded want nothing from an API server, and yet are asked
 * at each of them.
 */
@NullUnmarked
class DispatcherTest {
  private static final Instant T = Instant.parse("2026-01-01T00:00:00Z");
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private final TestWorkClock clock = new TestWorkClock(T, 0);
  private final Metrics metrics = new Metrics(new SimpleMeterRegistry());
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final Map<ScheduleState, AtomicInteger> inHand = new ConcurrentHashMap<>();
  private final AtomicInteger together = new AtomicInteger();
  private final Telemetry telemetry =
      new Telemetry(
          (regarding, type, reason, action, message) -> {
            if (regarding.getName().equals("broken")) {
              throw new IllegalStateException("broken");
            }
          },
          metrics);
  private final Dispatcher dispatcher =
      new Dispatcher(
          clock,
          new OperationRunner(null, null, null, null, clock, metrics),
          metrics,
          this::changed);

  private void changed(ScheduleState state) {
    AtomicInteger count = inHand.computeIfAbsent(state, s -> new AtomicInteger());
    if (count.incrementAndGet() > 1) {
      together.incrementAndGet();
    }
    asked.add(state.key().name());
    Thread.onSpinWait();
    count.decrementAndGet();
  }

  @AfterEach
  void close() {
    dispatcher.close();
  }

  private ScheduleState schedule(String name, String every) throws IOException {
    ScheduleState state =
        new ScheduleState(
            new ScheduleKey("ns", name),
            telemetry,
            new ConcurrencyGroups(k -> {}),
            NoPools.turns(),
            QuotaTurns.UNLIMITED);
    ScheduleResource resource = new ScheduleResource();
    resource.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace("ns")
            .withName(name)
            .withUid(name)
            .withGeneration(1L)
            .withResourceVersion("5")
            .withCreationTimestamp(T.toString())
            .build());
    String spec =
        "{\"triggers\":[{\"every\":\"%s\"}],\"exclusions\":[{\"from\":\"2020-01-01T00:00:00Z\",\"to\":\"2030-01-01T00:00:00Z\"}],\"jobTemplate\":{}}"
            .formatted(every);
    resource.setSpec(RawJson.of(spec.getBytes(StandardCharsets.UTF_8)));
    state.resource(resource, T);
    String status = "{\"observedGeneration\":1,\"cursor\":\"%s\"}".formatted(T);
    state.lead(name, Optional.of(JSON.readValue(status, ScanScheduleStatus.class)), T);
    return state;
  }

  private long times(String name) {
    return asked.stream().filter(name::equals).count();
  }

  @Test
  void wakesEachWhenItIsDue() throws IOException {
    ScheduleState soon = schedule("soon", "10s");
    ScheduleState late = schedule("late", "60s");
    dispatcher.start();
    dispatcher.poke(late);
    dispatcher.poke(soon);
    await().until(() -> asked.size() == 2);

    clock.set(T.plusSeconds(9), 0);
    clock.set(T.plusSeconds(10), 0);
    await().until(() -> times("soon") == 2);
    clock.set(T.plusSeconds(20), 0);
    await().until(() -> times("soon") == 3);
    assertThat(times("late")).isEqualTo(1);
    clock.set(T.plusSeconds(60), 0);
    await().until(() -> times("soon") == 4 && times("late") == 2);
  }

  /** It would be kept in memory until it is due, and that may be in years. */
  @Test
  void oneThatIsGoneIsNotWokenAnyMore() throws IOException {
    ScheduleState gone = schedule("gone", "10s");
    ScheduleState other = schedule("other", "10s");
    dispatcher.start();
    dispatcher.poke(gone);
    dispatcher.poke(other);
    await().until(() -> asked.size() == 2);

    gone.resourceGone("gone");
    dispatcher.poke(gone);
    await().until(() -> times("gone") == 2);
    clock.set(T.plusSeconds(10), 0);
    await().until(() -> times("other") == 2 && !dispatcher.isBusy());

    assertThat(times("gone")).isEqualTo(2);
  }

  @Test
  void oneThreadAtATimeAsksASchedule() throws IOException {
    ScheduleState state = schedule("busy", "10s");
    dispatcher.start();
    List<Thread> pokers =
        List.of(1, 2, 3, 4).stream()
            .map(
                i ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              for (int n = 0; n < 2_000; n++) {
                                dispatcher.poke(state);
                              }
                            }))
            .toList();
    await().until(() -> pokers.stream().noneMatch(Thread::isAlive) && dispatcher.backlog() == 0);

    assertThat(asked).isNotEmpty();
    assertThat(together).hasValue(0);
  }

  @Test
  void aThousandDueAtOnceAreAllAskedAndThenItIsQuiet() throws IOException {
    dispatcher.start();
    for (int i = 0; i < 1_000; i++) {
      dispatcher.poke(schedule("s" + i, "10s"));
    }
    await().until(() -> asked.size() == 1_000);

    clock.set(T.plusSeconds(10), 0);
    await().until(() -> asked.size() == 2_000);
    assertThat(together).hasValue(0);
    await().until(() -> !dispatcher.isBusy() && dispatcher.backlog() == 0);

    clock.set(T.plusSeconds(20), 0);
    await().until(() -> asked.size() == 3_000);
  }

  @Test
  void oneThatFailsStopsNoOther() throws IOException {
    ScheduleState broken = schedule("broken", "10s");
    ScheduleState sound = schedule("sound", "10s");
    dispatcher.start();
    dispatcher.poke(broken);
    dispatcher.poke(sound);
    await().until(() -> times("sound") == 1);
    for (int i = 1; i <= 5; i++) {
      clock.set(T.plusSeconds(10L * i), 0);
      long expected = i + 1L;
      await().until(() -> times("sound") == expected);
    }

    assertThat(times("broken")).as("asked in vain, all the time").isLessThan(2);
    assertThat(metrics.registry().counter("scanwarden.errors", "part", "dispatch").count())
        .isPositive();
  }
}
