package io.scanwarden.operator;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.scanwarden.operator.leader.Leadership;
import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.time.TestWorkClock;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@EnableKubernetesMockClient(crud = true)
@NullUnmarked
class OperatorProcessTest {
  KubernetesClient client;

  private final List<String> calls = new CopyOnWriteArrayList<>();

  @Test
  void warmsLeadsAnswersAndStops() throws Exception {
    OperatorProcess process =
        new OperatorProcess(options(), surroundings -> List.of(new Recorder(surroundings)));
    int port = process.start();

    await().until(() -> calls.contains("lead 0, fence open"));
    assertThat(calls).first().isEqualTo("start");
    assertThat(get(port, "/readyz?verbose"))
        .isEqualTo("[+]ping ok\n[+]recorder ok\nreadyz check passed\n");
    assertThat(get(port, "/livez?verbose"))
        .isEqualTo("[+]ping ok\n[+]election ok\nlivez check passed\n");
    assertThat(get(port, "/metrics"))
        .contains(
            "scanwarden_leader 1.0",
            "scanwarden_leader_term 0.0",
            "scanwarden_build_info{version=\"development\"} 1",
            "jvm_memory_used_bytes",
            "jvm_gc_",
            "process_cpu_usage");
    assertThat(get(port, "/test/clock")).startsWith("{\"now\":\"2026-10-25T01:00:00Z\"");

    process.close();

    assertThat(calls).last().isEqualTo("close, fence open");
    assertThat(holder()).isNull();
  }

  @Test
  void keepsTheLeaseWhileARoomStillWrites() throws Exception {
    CountDownLatch written = new CountDownLatch(1);
    OperatorProcess process =
        new OperatorProcess(
            options(),
            surroundings ->
                List.of(
                    new Recorder(surroundings) {
                      @Override
                      public void close() {
                        try {
                          written.await();
                        } catch (InterruptedException e) {
                          Thread.currentThread().interrupt();
                        }
                      }
                    }));
    process.start();
    await().until(() -> calls.contains("lead 0, fence open"));

    process.close();

    written.countDown();
    assertThat(holder()).isEqualTo("me");
  }

  private String holder() {
    return client
        .leases()
        .inNamespace("ns")
        .withName("scanwarden")
        .get()
        .getSpec()
        .getHolderIdentity();
  }

  private ProcessOptions options() {
    return new ProcessOptions(
        client.getConfiguration(),
        Set.of(),
        "127.0.0.1",
        0,
        null,
        0,
        new Leadership.Options(
            "ns", "scanwarden", "me", ofSeconds(2), ofMillis(1200), ofMillis(200)),
        Optional.empty(),
        Optional.empty(),
        new TestWorkClock(Instant.parse("2026-10-25T01:00:00Z"), 0));
  }

  private static String get(int port, String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private class Recorder implements Room {
    private final OperatorProcess.Surroundings surroundings;

    Recorder(OperatorProcess.Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    @Override
    public String name() {
      return "recorder";
    }

    @Override
    public void start() {
      calls.add("start");
    }

    @Override
    public boolean ready() {
      return true;
    }

    @Override
    public void lead(long term) {
      calls.add("lead " + term + fence());
    }

    @Override
    public void close() {
      calls.add("close" + fence());
    }

    private String fence() {
      return surroundings.fence().isOpen() ? ", fence open" : ", fence closed";
    }
  }
}
