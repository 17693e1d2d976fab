package io.scanwarden.operator.faults;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher.Action;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Every Job that a namespace ever had, also those that are long gone. */
final class JobLog implements AutoCloseable {

  /** How a Job ended. */
  enum End {
    SUCCEEDED,
    FAILED
  }

  /**
   * The life of a Job. Orders are places in the log: what comes first has the lower one.
   *
   * @param schedule the name of the schedule that controls it, and its UID
   * @param instant its annotation scheduled-at
   * @param target its label target; empty where there is none
   * @param attempt its annotation attempt
   * @param term its annotation term
   * @param finished when it was Complete or Failed
   * @param gone when it was deleted
   * @param dismissed whether it was being deleted before it had finished, as Replace does
   */
  record Life(
      String name,
      String uid,
      String schedule,
      String scheduleUid,
      Instant instant,
      String trigger,
      String target,
      int attempt,
      long term,
      Instant created,
      int begun,
      Optional<Integer> finished,
      Optional<End> end,
      Optional<Integer> gone,
      boolean dismissed) {

    /** When it stopped counting as unfinished. */
    int over() {
      return Math.min(finished.orElse(Integer.MAX_VALUE), gone.orElse(Integer.MAX_VALUE));
    }

    /** Whether it makes up for the past. */
    boolean isBackfill() {
      return trigger.equals("Backfill");
    }

    /** What the Jobs of its run share. An instant may have a run of a backfill beside its own. */
    String run() {
      return scheduleUid + " " + instant + (isBackfill() ? " Backfill" : "");
    }

    /** What its name has behind the instant, by which the Jobs of one run differ. */
    String part() {
      return (attempt == 1 ? "" : "r" + attempt) + (target.isEmpty() ? "" : "-" + target);
    }

    private Life next(Action action, Job job, int order) {
      Optional<End> now = endOf(job);
      return new Life(
          name,
          uid,
          schedule,
          scheduleUid,
          instant,
          trigger,
          target,
          attempt,
          term,
          created,
          begun,
          finished.or(() -> now.map(e -> order)),
          end.or(() -> now),
          action == Action.DELETED ? Optional.of(order) : gone,
          dismissed || (now.isEmpty() && job.getMetadata().getDeletionTimestamp() != null));
    }
  }

  private final KubernetesClient client;
  private final String namespace;
  private final EventLog<Job> log;

  JobLog(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
    log = new EventLog<>(client.batch().v1().jobs().inNamespace(namespace));
  }

  /** Completes when so many further Jobs have been created. */
  CompletableFuture<?> created(int n) {
    return log.following(n, entry -> entry.action() == Action.ADDED);
  }

  /** Completes when so many further Jobs have been deleted. */
  CompletableFuture<?> deleted(int n) {
    return log.following(n, entry -> entry.action() == Action.DELETED);
  }

  /** All Jobs ever, in the order of their creation. */
  List<Life> lives() {
    Map<String, Life> lives = new LinkedHashMap<>();
    int order = 0;
    for (EventLog.Entry<Job> entry : log.entries()) {
      int place = order++;
      lives.merge(
          entry.object().getMetadata().getUid(),
          life(entry.object(), place),
          (life, same) -> life.next(entry.action(), entry.object(), place));
    }
    return lives.values().stream().sorted(Comparator.comparing(Life::begun)).toList();
  }

  /** Whether the log has come to where the API server is now. */
  boolean isCaughtUp() {
    Map<String, String> listed = new LinkedHashMap<>();
    client.batch().v1().jobs().inNamespace(namespace).list().getItems().stream()
        .map(Job::getMetadata)
        .forEach(meta -> listed.put(meta.getUid(), meta.getResourceVersion()));
    Map<String, String> logged = new LinkedHashMap<>();
    for (EventLog.Entry<Job> entry : log.entries()) {
      ObjectMeta meta = entry.object().getMetadata();
      if (entry.action() == Action.DELETED) {
        logged.remove(meta.getUid());
      } else {
        logged.put(meta.getUid(), meta.getResourceVersion());
      }
    }
    return listed.equals(logged);
  }

  private static Life life(Job job, int order) {
    ObjectMeta meta = job.getMetadata();
    Map<String, String> annotations = requireNonNullElse(meta.getAnnotations(), Map.of());
    var owner =
        meta.getOwnerReferences().stream()
            .filter(o -> "ScanSchedule".equals(o.getKind()))
            .findFirst()
            .orElseThrow(() -> new AssertionError(meta.getName() + " has no ScanSchedule"));
    return new Life(
        meta.getName(),
        meta.getUid(),
        owner.getName(),
        owner.getUid(),
        Instant.parse(annotation(annotations, meta, "scheduled-at")),
        annotation(annotations, meta, "trigger"),
        requireNonNullElse(meta.getLabels(), Map.<String, String>of())
            .getOrDefault("scanwarden.io/target", ""),
        Integer.parseInt(annotation(annotations, meta, "attempt")),
        Long.parseLong(annotation(annotations, meta, "term")),
        Instant.parse(meta.getCreationTimestamp()),
        order,
        endOf(job).map(e -> order),
        endOf(job),
        Optional.empty(),
        false);
  }

  private static String annotation(Map<String, String> all, ObjectMeta meta, String name) {
    String value = all.get("scanwarden.io/" + name);
    if (value == null) {
      throw new AssertionError("Job " + meta.getName() + " lacks the annotation " + name);
    }
    return value;
  }

  private static Optional<End> endOf(Job job) {
    if (job.getStatus() == null) {
      return Optional.empty();
    }
    return job.getStatus().getConditions().stream()
        .filter(c -> "True".equals(c.getStatus()))
        .flatMap(
            c ->
                switch (c.getType()) {
                  case "Complete" -> Optional.of(End.SUCCEEDED).stream();
                  case "Failed" -> Optional.of(End.FAILED).stream();
                  default -> Optional.<End>empty().stream();
                })
        .findFirst();
  }

  @Override
  public void close() {
    log.close();
  }
}
