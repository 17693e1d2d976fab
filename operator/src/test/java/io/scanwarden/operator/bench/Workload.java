package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.JobFactory;
import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.run.PodDefaults;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.RunName;
import io.scanwarden.operator.run.Trigger;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** What is scheduled: a scan of ordinary size, whose Pod ends at once. */
final class Workload {
  static final String SCHEDULES = "/apis/scanwarden.io/v1alpha1/namespaces/%s/scanschedules";
  static final String JOBS = "/apis/batch/v1/namespaces/%s/jobs";
  static final String POOLS = "/apis/scanwarden.io/v1alpha1/namespaces/%s/workerpools";
  static final String CRON_JOBS = "/apis/batch/v1/namespaces/%s/cronjobs";

  private static final String TEMPLATE =
      """
      {"metadata":{"labels":{"app.kubernetes.io/name":"image-audit","app.kubernetes.io/part-of":"scans"}},
       "spec":{"backoffLimit":0,"template":{
         "metadata":{"labels":{"app.kubernetes.io/name":"image-audit"},
           "annotations":{"dev.scanwarden.io/run-for":"0s"}},
         "spec":{"restartPolicy":"Never","automountServiceAccountToken":false,
           "securityContext":{"runAsNonRoot":true,"runAsUser":65532,"seccompProfile":{"type":"RuntimeDefault"}},
           "containers":[{"name":"scan","image":"registry.example.com/security/image-audit:1.42.0",
             "args":["scan","--severity=HIGH,CRITICAL","--format=json","--output=/reports/report.json"],
             "env":[{"name":"TARGET","value":"registry.example.com/team-a"},
               {"name":"REPORT_URL","value":"https://reports.example.com/api/v1/upload"},
               {"name":"TOKEN","valueFrom":{"secretKeyRef":{"name":"reports","key":"token"}}}],
             "resources":{"requests":{"cpu":"100m","memory":"128Mi"},"limits":{"memory":"512Mi"}},
             "securityContext":{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,
               "capabilities":{"drop":["ALL"]}},
             "volumeMounts":[{"name":"work","mountPath":"/work"}]}],
           "volumes":[{"name":"work","emptyDir":{}}]}}}}
      """
          .lines()
          .map(String::strip)
          .reduce("", String::concat);

  /** The same, but its Jobs are left alone by the Job controller: a {@link Completer} ends them. */
  private static final String COMPLETED_TEMPLATE =
      TEMPLATE.replace(
          "\"spec\":{\"backoffLimit\":0,",
          "\"spec\":{\"managedBy\":\"" + Completer.NAME + "\",\"backoffLimit\":0,");

  private Workload() {}

  static String name(int i) {
    return "image-audit-%06d".formatted(i);
  }

  /** A schedule that is due once. */
  static byte[] schedule(String name, Instant at) {
    return schedule(name, "\"triggers\":[{\"at\":\"" + at + "\"}]", TEMPLATE);
  }

  /** A pool of so many slots. */
  static byte[] pool(String name, int slots) {
    return bytes(
        """
        {"apiVersion":"scanwarden.io/v1alpha1","kind":"WorkerPool","metadata":{"name":"%s"},
         "spec":{"maxConcurrent":%d}}"""
            .formatted(name, slots));
  }

  /** How many slots a pool has from now on, as a merge patch. */
  static byte[] slots(int slots) {
    return bytes("{\"spec\":{\"maxConcurrent\":" + slots + "}}");
  }

  /**
   * A schedule in a pool, with the Jobs' label, that is due so many times, each second once; what
   * lacks slots waits. Its Jobs are ended by a {@link Completer}.
   */
  static byte[] inPool(String name, String pool, Instant last, int runs) {
    return inPool(
        name,
        pool,
        """
        "triggers":[{"every":"1s"}],"notBefore":"%s","notAfter":"%s","""
            .formatted(last.minusSeconds(runs - 1), last.plusMillis(500)));
  }

  /**
   * A schedule in a pool that is due again and again. Its Jobs are ended by a {@link Completer}.
   */
  static byte[] inPool(String name, String pool, Duration every, Duration offset) {
    return inPool(
        name,
        pool,
        """
        "triggers":[{"every":"%ds","offset":"%ds"}],"""
            .formatted(every.toSeconds(), offset.toSeconds()));
  }

  private static byte[] inPool(String name, String pool, String when) {
    String rest =
        """
        "concurrencyPolicy":"Allow","poolRef":{"name":"%s"}"""
            .formatted(pool);
    String labels = "{\"" + Marks.POOL + "\":\"" + pool + "\"}";
    return schedule(name, labels, when + rest, COMPLETED_TEMPLATE);
  }

  /** A schedule that is due once a year, not soon. */
  static byte[] atRest(String name, Instant now) {
    return schedule(name, atRest(now), TEMPLATE);
  }

  private static String atRest(Instant now) {
    int month = now.atOffset(ZoneOffset.UTC).plusMonths(6).getMonthValue();
    return "\"schedule\":\"H 3 1 " + month + " *\",\"timeZone\":\"Europe/Berlin\"";
  }

  /** The spec of a schedule at rest. */
  static String specAtRest(Instant now) {
    return "{" + atRest(now) + ",\"jobTemplate\":" + TEMPLATE + "}";
  }

  private static byte[] schedule(String name, String spec, String template) {
    return schedule(name, "{}", spec, template);
  }

  private static byte[] schedule(String name, String labels, String spec, String template) {
    return bytes(
        """
        {"apiVersion":"scanwarden.io/v1alpha1","kind":"ScanSchedule","metadata":{"name":"%s","labels":%s},
         "spec":{%s,"jobTemplate":%s}}"""
            .formatted(name, labels, spec, template));
  }

  /** A CronJob of the same Jobs, due in this minute of the day. */
  static byte[] cronJob(String name, Instant at) {
    var time = at.atOffset(ZoneOffset.UTC);
    return bytes(
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"%s"},
         "spec":{"schedule":"%d %d * * *","timeZone":"Etc/UTC","concurrencyPolicy":"Forbid","jobTemplate":%s}}"""
            .formatted(name, time.getMinute(), time.getHour(), TEMPLATE));
  }

  /** The Job of a schedule's run, byte for byte as the operator makes it. */
  static byte[] job(JobFactory.Owner owner, Instant at, long term) {
    return job(owner, at, term, TEMPLATE, Optional.empty());
  }

  /** The same of a schedule in a pool; it is ended by a {@link Completer}. */
  static byte[] jobInPool(JobFactory.Owner owner, Instant at, long term, String pool) {
    PoolKey key = new PoolKey(owner.namespace(), pool);
    return job(owner, at, term, COMPLETED_TEMPLATE, Optional.of(key));
  }

  private static byte[] job(
      JobFactory.Owner owner, Instant at, long term, String template, Optional<PoolKey> pool) {
    RunKey key = new RunKey.Clock(at);
    return JobFactory.build(
        owner,
        bytes(template),
        new JobFactory.Start(
            RunName.of(owner.name(), owner.uid(), key),
            AttemptKey.first(key, ""),
            Trigger.AT,
            Instant.now(),
            term,
            Optional.<Duration>empty(),
            Map.of(),
            pool,
            PodDefaults.NONE));
  }

  /** A Job that has nothing to do with Scanwarden. */
  static byte[] ordinaryJob(String name) {
    return adHoc(name, "{}", "", TEMPLATE);
  }

  /**
   * An ad hoc Job that waits for a pool, as the webhook leaves it.
   *
   * @param completed whether a {@link Completer} ends it, and not the Job controller
   */
  static byte[] queuedJob(String name, String pool, boolean completed) {
    String labels = "{\"" + Marks.POOL + "\":\"" + pool + "\",\"" + Marks.QUEUED + "\":\"true\"}";
    return adHoc(name, labels, "\"suspend\":true,", completed ? COMPLETED_TEMPLATE : TEMPLATE);
  }

  private static byte[] adHoc(String name, String labels, String suspend, String template) {
    String spec = template.substring(template.indexOf("\"spec\":{") + "\"spec\":{".length());
    return bytes(
        """
        {"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"%s","labels":%s},"spec":{%s%s"""
            .formatted(name, labels, suspend, spec));
  }

  /** The Job of somebody else that no controller works on. */
  static byte[] suspendedJob(int i, Map<String, String> labels) throws IOException {
    ObjectNode job = (ObjectNode) ApiServer.JSON.readTree(TEMPLATE);
    job.put("apiVersion", "batch/v1").put("kind", "Job");
    ObjectNode metadata = (ObjectNode) job.path("metadata");
    metadata.put("name", name(i));
    labels.forEach(((ObjectNode) metadata.path("labels"))::put);
    return suspended(ApiServer.JSON.writeValueAsBytes(job));
  }

  /** The same as one that no controller works on, the garbage collector neither. */
  static byte[] suspended(byte[] job) throws IOException {
    ObjectNode suspended = (ObjectNode) ApiServer.JSON.readTree(job);
    ((ObjectNode) suspended.path("metadata")).remove(List.of("namespace", "ownerReferences"));
    ((ObjectNode) suspended.path("spec"))
        .put("suspend", true)
        .put("managedBy", "dev.scanwarden.io/nobody");
    return ApiServer.JSON.writeValueAsBytes(suspended);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Does something for each of 0 to count - 1, so many at a time; the first failure ends it. */
  static void each(int count, int atATime, IntConsumer work) {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    try (ExecutorService workers = Executors.newFixedThreadPool(atATime)) {
      for (int w = 0; w < atATime; w++) {
        workers.execute(
            () -> {
              try {
                for (int i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
                  work.accept(i);
                }
              } catch (RuntimeException e) {
                next.set(count);
                failure.compareAndSet(null, e);
              }
            });
      }
    }
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
  }
}
