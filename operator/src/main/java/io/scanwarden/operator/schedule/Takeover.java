package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanScheduleStatus;
import io.scanwarden.operator.run.JobClient;
import io.scanwarden.operator.run.JobResource;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.PodMetadata;
import io.scanwarden.operator.run.RawApi;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a new leader reads before it acts. Its caches may be behind what the old one did last, so it
 * asks the API server for the state of now: lists without a resourceVersion are answered from the
 * quorum.
 */
final class Takeover {
  private static final Logger log = LoggerFactory.getLogger(Takeover.class);
  private static final String ANY = "application/json";

  private final RawApi api;
  private final JobClient jobs;
  private final Set<String> namespaces;
  private final WorkClock clock;
  private final ObjectMapper json = ApiJson.newMapper();

  /**
   * Makes one for these namespaces.
   *
   * @param namespaces those to look at; empty for all
   */
  Takeover(KubernetesClient client, Set<String> namespaces, WorkClock clock) {
    this.api = new RawApi(client);
    this.jobs = new JobClient(client);
    this.clock = clock;
    this.namespaces = Set.copyOf(namespaces);
  }

  /**
   * What was found of a schedule.
   *
   * @param news the resource, if it was not known
   * @param statusJson its status, as it came; empty if it has none
   */
  record Found(
      ScheduleKey key, String uid, Optional<ScheduleResource> news, Optional<RawJson> statusJson) {}

  /**
   * Schedules, each with its status. Not more is kept of them than needed: there may be very many.
   *
   * @param known whether a reading is no news
   */
  RawApi.Listed<Found> schedules(Predicate<ScheduleResource> known) throws IOException {
    List<Found> schedules = new ArrayList<>();
    long version = Long.MAX_VALUE;
    for (String path : RawApi.collections("scanwarden.io/v1alpha1", namespaces, "scanschedules")) {
      var listed =
          api.list(
              path,
              "",
              ANY,
              ScheduleResource.WithStatus.class,
              schedule ->
                  new Found(
                      ScheduleRegistry.key(schedule),
                      schedule.getMetadata().getUid(),
                      known.test(schedule) ? Optional.empty() : Optional.of(schedule),
                      Optional.ofNullable(schedule.getStatus())));
      schedules.addAll(listed.items());
      version = Math.min(version, listed.version());
    }
    return new RawApi.Listed<>(schedules, version);
  }

  /** The Jobs of all schedules. */
  RawApi.Listed<JobResource> jobs() throws IOException {
    return jobs.jobs(namespaces, Marks.SCHEDULE);
  }

  /** The Pods of all schedules' Jobs that have not ended. */
  List<PodMetadata> pods() throws IOException {
    return jobs.pods(namespaces, Marks.SCHEDULE);
  }

  /** The status that was found. */
  Optional<ScanScheduleStatus> status(Found schedule) {
    if (schedule.statusJson().isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          json.readValue(schedule.statusJson().get().newInputStream(), ScanScheduleStatus.class));
    } catch (IOException e) {
      log.warn("{}: status cannot be read, and starts anew", schedule.key(), e);
      return Optional.of(Ledger.unreadable(clock.instant()));
    }
  }
}
