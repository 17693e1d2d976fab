package io.scanwarden.operator.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.scanwarden.operator.cluster.ControlPlane;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The schedules of a test's namespace and their Jobs, as a user sees and changes them. */
final class Schedules {
  static final Duration PATIENCE = Duration.ofSeconds(30);
  static final String SCHEDULE = "scanwarden.io/schedule";
  private static final String SCHEDULED_AT = "scanwarden.io/scheduled-at";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ControlPlane plane;
  private Instant requested = Instant.EPOCH;

  Schedules(ControlPlane plane) {
    this.plane = plane;
  }

  // ---- manifests

  /** A ScanSchedule whose Pods run for that long; {@code spec} is indented by two blanks. */
  static String manifest(String name, String spec, String runFor) {
    return manifest(name, spec, runFor, "0", "0s");
  }

  static String manifest(
      String name, String spec, String runFor, String exitCode, String terminateFor) {
    return """
        apiVersion: scanwarden.io/v1alpha1
        kind: ScanSchedule
        metadata: {name: %s}
        spec:
        %s
          jobTemplate:
            spec:
              backoffLimit: 0
              template:
                metadata:
                  annotations:
                    dev.scanwarden.io/run-for: %s
                    dev.scanwarden.io/exit-code: "%s"
                    dev.scanwarden.io/terminate-for: %s
                spec:
                  restartPolicy: Never
                  containers: [{name: scan, image: "scanner:1"}]
        """
        .formatted(
            name, spec.stripTrailing().indent(2).stripTrailing(), runFor, exitCode, terminateFor);
  }

  /** Never due: runs are asked for, so that no slow machine comes too late for them. */
  static final String NEVER = at(List.of(Instant.parse("2099-01-01T00:00:00Z")));

  /** Triggers that are due at these moments. */
  static String at(List<Instant> instants) {
    return instants.stream()
        .map(instant -> "- {at: \"" + instant + "\"}")
        .collect(Collectors.joining("\n", "triggers:\n", "\n"));
  }

  // ---- changes

  void create(String manifest) {
    client().resource(manifest).inNamespace(plane.namespace()).create();
  }

  /** As {@link #create}; returns when the operator says that the schedule works. */
  JsonNode createReady(String name, String manifest) {
    create(manifest);
    return awaitReady(name);
  }

  void patch(String name, String mergePatch) {
    client()
        .genericKubernetesResources("scanwarden.io/v1alpha1", "ScanSchedule")
        .inNamespace(plane.namespace())
        .withName(name)
        .patch(PatchContext.of(PatchType.JSON_MERGE), mergePatch);
  }

  /** Sets an annotation, {@code key=value}, or takes it away, {@code key-}. */
  void annotate(String name, String annotation) {
    plane.kubectl("annotate", "--overwrite", "scansched", name, annotation).orThrow();
  }

  /** Asks for a run now; the time that it is asked for is later than that of any before. */
  Instant request(String name) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    requested = now.isAfter(requested) ? now : requested.plusSeconds(1);
    annotate(name, "scanwarden.io/requested-at=" + requested);
    return requested;
  }

  void delete(String name) {
    client()
        .genericKubernetesResources("scanwarden.io/v1alpha1", "ScanSchedule")
        .inNamespace(plane.namespace())
        .withName(name)
        .delete();
  }

  void deleteJob(Job job) {
    client().resource(job).delete();
  }

  /** Deletes all schedules, their Jobs and Pods, and waits until they are gone. */
  void deleteAll() {
    plane.kubectl("delete", "scanschedules", "--all", "--cascade=background").orThrow();
    plane.kubectl("delete", "jobs", "--all", "--cascade=background").orThrow();
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                client()
                    .batch()
                    .v1()
                    .jobs()
                    .inNamespace(plane.namespace())
                    .list()
                    .getItems()
                    .isEmpty());
  }

  // ---- what is there

  JsonNode get(String name) {
    return json(
        client()
            .raw(
                "/apis/scanwarden.io/v1alpha1/namespaces/"
                    + plane.namespace()
                    + "/scanschedules/"
                    + name));
  }

  JsonNode status(String name) {
    return get(name).path("status");
  }

  static Instant created(JsonNode schedule) {
    return Instant.parse(schedule.at("/metadata/creationTimestamp").asText());
  }

  /** The condition of that type; a missing node if there is none. */
  static JsonNode condition(JsonNode status, String type) {
    return StreamSupport.stream(status.path("conditions").spliterator(), false)
        .filter(c -> c.path("type").asText().equals(type))
        .findFirst()
        .orElse(JSON.missingNode());
  }

  /** The Jobs of the schedule, the earliest instant first. */
  List<Job> jobs(String schedule) {
    return client()
        .batch()
        .v1()
        .jobs()
        .inNamespace(plane.namespace())
        .withLabel(SCHEDULE, schedule)
        .list()
        .getItems()
        .stream()
        .sorted(Comparator.comparing(Schedules::scheduledAt))
        .toList();
  }

  List<Pod> pods(String schedule) {
    return client()
        .pods()
        .inNamespace(plane.namespace())
        .withLabel(SCHEDULE, schedule)
        .list()
        .getItems();
  }

  static Instant scheduledAt(Job job) {
    return Instant.parse(job.getMetadata().getAnnotations().get(SCHEDULED_AT));
  }

  /** When the operator decided to start the Job. */
  static Instant admittedAt(Job job) {
    return Instant.parse(job.getMetadata().getAnnotations().get("scanwarden.io/admitted-at"));
  }

  static boolean isFinished(Job job) {
    return job.getStatus() != null
        && job.getStatus().getConditions().stream()
            .anyMatch(
                c ->
                    (c.getType().equals("Complete") || c.getType().equals("Failed"))
                        && c.getStatus().equals("True"));
  }

  /** The Events about a schedule, as {@code Reason: message}. */
  List<String> events(String schedule) {
    JsonNode events =
        json(client().raw("/apis/events.k8s.io/v1/namespaces/" + plane.namespace() + "/events"));
    return StreamSupport.stream(events.path("items").spliterator(), false)
        .filter(e -> e.at("/regarding/kind").asText().equals("ScanSchedule"))
        .filter(e -> e.at("/regarding/name").asText().equals(schedule))
        .map(e -> e.path("reason").asText() + ": " + e.path("note").asText())
        .toList();
  }

  // ---- waiting

  JsonNode awaitReady(String name) {
    return awaitStatus(
        name,
        status -> {
          assertThat(condition(status, "Ready").path("status").asText()).isEqualTo("True");
          assertThat(status.path("observedGeneration").asLong())
              .isEqualTo(get(name).at("/metadata/generation").asLong());
        });
  }

  /** Waits until the status satisfies these assertions, and returns it. */
  JsonNode awaitStatus(String name, java.util.function.Consumer<JsonNode> assertions) {
    JsonNode[] last = new JsonNode[1];
    await()
        .pollInterval(Duration.ofMillis(100))
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              last[0] = status(name);
              JsonNode status = last[0];
              try {
                assertions.accept(status);
              } catch (AssertionError e) {
                throw new AssertionError(
                    e.getMessage() + "\nstatus: " + status.toPrettyString(), e);
              }
            });
    return last[0];
  }

  List<Job> awaitJobs(String schedule, Predicate<List<Job>> condition) {
    return await()
        .alias("Jobs of " + schedule)
        .pollInterval(Duration.ofMillis(100))
        .atMost(PATIENCE)
        .until(() -> jobs(schedule), condition);
  }

  /** Waits for that many Jobs and returns them. */
  List<Job> awaitJobs(String schedule, int count) {
    await()
        .alias("Jobs of " + schedule)
        .pollInterval(Duration.ofMillis(100))
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(jobs(schedule)).hasSize(count));
    return jobs(schedule);
  }

  void awaitEvent(String schedule, String reason) {
    await()
        .alias("Event " + reason)
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(events(schedule)).anyMatch(e -> e.startsWith(reason + ": ")));
  }

  /** Waits until a schedule that fires all the time has done so that often again. */
  void awaitBeats(String beacon, int beats) {
    long before = fired(beacon);
    await()
        .alias("beats of " + beacon)
        .atMost(PATIENCE)
        .until(() -> fired(beacon) >= before + beats);
  }

  private long fired(String schedule) {
    JsonNode counts = status(schedule).path("counts");
    return counts.path("succeeded").asLong() + counts.path("skipped").asLong();
  }

  private KubernetesClient client() {
    return plane.admin();
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
