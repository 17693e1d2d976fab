package io.scanwarden.operator.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.scanwarden.api.v1alpha1.ApiJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The requests about runs, from and to bytes: what a burst of starts needs goes through no object
 * model. Each call blocks until the answer is there or the client's request timeout has passed.
 */
public final class JobClient {
  private static final String JOB = "application/json";
  private static final String METADATA_LIST =
      "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
  private static final String UNFINISHED =
      RawApi.encode("status.phase!=Succeeded,status.phase!=Failed");
  // RFC 7234, section 5.5: a code, an agent, and the text in quotes.
  private static final Pattern WARNING =
      Pattern.compile("\\d{3} \\S+ \"((?:[^\"\\\\]|\\\\.)*)\".*");

  /** How a refusal begins for the policy that checks the term, whatever its binding's name. */
  private static final String TERM_POLICY = "ValidatingAdmissionPolicy 'scanwarden-term'";

  /**
   * What a start is tried with. It would do nothing, and asks for nothing that is commonly refused.
   */
  private static final String EMPTY_JOB =
      """
      {"apiVersion":"batch/v1","kind":"Job","metadata":{"generateName":"scanwarden-term-",
       "labels":{"%s":"term"},"annotations":{"%s":"%d"}},
       "spec":{"suspend":true,"template":{"spec":{"restartPolicy":"Never","automountServiceAccountToken":false,
         "securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
         "containers":[{"name":"none","image":"none","resources":{"requests":{"cpu":"1m","memory":"1Mi"},
           "limits":{"cpu":"1m","memory":"1Mi"}},"securityContext":{"allowPrivilegeEscalation":false,
           "readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}}]}}}}
      """;

  private final RawApi api;
  private final ObjectMapper json = ApiJson.newMapper();

  public JobClient(KubernetesClient client) {
    api = new RawApi(client);
  }

  /**
   * Creates a Job. The answer tells of its metadata only: of a Job that was made just now there is
   * nothing else to know.
   */
  public ApiAnswer create(String namespace, byte[] job) {
    return send(api.request(jobs(namespace)).header("Accept", RawApi.METADATA).post(JOB, job));
  }

  /**
   * Asks whether a Job could be created; unknown fields are warned of. The answer has its metadata
   * only.
   */
  public ApiAnswer tryCreate(String namespace, byte[] job) {
    String uri = jobs(namespace) + "?dryRun=All&fieldValidation=Warn";
    return send(api.request(uri).header("Accept", RawApi.METADATA).post(JOB, job));
  }

  /** Asks whether a Job could be started in that term, whatever Job. */
  public ApiAnswer tryStart(String namespace, long term) {
    String job = EMPTY_JOB.formatted(Marks.SCHEDULE, Marks.TERM, term);
    return tryCreate(namespace, job.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads a Job, as it is now. */
  public ApiAnswer get(String namespace, String name) {
    return send(api.request(jobs(namespace) + "/" + name));
  }

  /**
   * Starts a Job that waits for its pool. The answer has its metadata only.
   *
   * @param version the Job is only started as this resourceVersion of it
   * @param term the Lease's leaseTransitions under which the start was decided
   */
  public ApiAnswer admit(
      String namespace, String name, String uid, long version, long term, Instant admittedAt) {
    String patch =
        """
        {"metadata":{"uid":"%s","resourceVersion":"%d","labels":{"%s":null},\
        "annotations":{"%s":"%d","%s":"%s"}},"spec":{"suspend":false}}"""
            .formatted(
                uid,
                version,
                Marks.QUEUED,
                Marks.TERM,
                term,
                Marks.ADMITTED_AT,
                admittedAt.truncatedTo(ChronoUnit.MILLIS));
    return send(
        api.request(jobs(namespace) + "/" + name)
            .header("Accept", RawApi.METADATA)
            .patch("application/merge-patch+json", patch));
  }

  /**
   * Deletes a Job in the foreground: it is gone when its Pods are.
   *
   * @param uid of the Job that is meant; another one of that name is not touched
   */
  public ApiAnswer deleteInForeground(String namespace, String name, String uid) {
    return delete(namespace, name, "Foreground", "{\"uid\":\"" + uid + "\"}");
  }

  /**
   * Deletes a Job, and its Pods behind it.
   *
   * @param version the Job is only deleted as this resourceVersion of it
   */
  public ApiAnswer delete(String namespace, String name, String uid, long version) {
    String preconditions = "{\"uid\":\"" + uid + "\",\"resourceVersion\":\"" + version + "\"}";
    return delete(namespace, name, "Background", preconditions);
  }

  private ApiAnswer delete(String namespace, String name, String policy, String preconditions) {
    String options =
        "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"propagationPolicy\":\"%s\",\"preconditions\":%s}"
            .formatted(policy, preconditions);
    return send(api.request(jobs(namespace) + "/" + name).delete(JOB, options));
  }

  /**
   * The Jobs with such labels, as the quorum has them.
   *
   * @param namespaces those to look at; empty for all
   * @throws IOException if there was no answer
   */
  public RawApi.Listed<JobResource> jobs(Set<String> namespaces, String labelSelector)
      throws IOException {
    List<JobResource> jobs = new ArrayList<>();
    long version = Long.MAX_VALUE;
    String query = "labelSelector=" + RawApi.encode(labelSelector);
    for (String path : RawApi.collections("batch/v1", namespaces, "jobs")) {
      var listed = api.list(path, query, JOB, JobResource.class);
      jobs.addAll(listed.items());
      version = Math.min(version, listed.version());
    }
    return new RawApi.Listed<>(jobs, version);
  }

  /**
   * The Pods with such labels that have not ended.
   *
   * @param namespaces those to look at; empty for all
   * @throws IOException if there was no answer
   */
  public List<PodMetadata> pods(Set<String> namespaces, String labelSelector) throws IOException {
    List<PodMetadata> pods = new ArrayList<>();
    String query = "labelSelector=" + RawApi.encode(labelSelector) + "&fieldSelector=" + UNFINISHED;
    for (String path : RawApi.collections("v1", namespaces, "pods")) {
      pods.addAll(api.list(path, query, METADATA_LIST, PodMetadata.class).items());
    }
    return pods;
  }

  /**
   * Whether Pods of a Job exist that have not ended. Reads their metadata only.
   *
   * @throws IOException if there was no answer
   */
  public boolean hasPods(String namespace, String jobUid) throws IOException {
    String selector = RawApi.encode(Marks.CONTROLLER_UID + "=" + jobUid);
    return !api.list(
            "/api/v1/namespaces/" + namespace + "/pods",
            "labelSelector=" + selector + "&fieldSelector=" + UNFINISHED,
            METADATA_LIST,
            PodMetadata.class)
        .items()
        .isEmpty();
  }

  /**
   * Why the Job controller cannot create a Job's Pods: the message of its latest FailedCreate
   * Event.
   *
   * @throws IOException if there was no answer
   */
  public Optional<String> failedCreate(String namespace, String jobUid) throws IOException {
    String query =
        "fieldSelector=" + RawApi.encode("involvedObject.uid=" + jobUid + ",reason=FailedCreate");
    return api
        .list("/api/v1/namespaces/" + namespace + "/events", query, JOB, JsonNode.class)
        .items()
        .stream()
        .max(Comparator.comparing(event -> event.path("lastTimestamp").asText("")))
        .map(event -> event.path("message").asText(""));
  }

  private static String jobs(String namespace) {
    return "/apis/batch/v1/namespaces/" + namespace + "/jobs";
  }

  private ApiAnswer send(HttpRequest.Builder request) {
    try {
      return answer(api.send(request));
    } catch (IOException e) {
      return new ApiAnswer.Unanswered(String.valueOf(e.getMessage()));
    }
  }

  private ApiAnswer answer(HttpResponse<byte[]> response) throws IOException {
    int code = response.code();
    if (response.isSuccessful() && "DELETE".equals(response.request().method())) {
      return new ApiAnswer.Deleted();
    }
    if (response.isSuccessful()) {
      return new ApiAnswer.Done(
          json.readValue(response.body(), JobResource.class), warnings(response));
    }
    JsonNode status = api.status(response);
    String message = api.message(response);
    if (code == 409 && "AlreadyExists".equals(status.path("reason").asText())) {
      return new ApiAnswer.Exists();
    }
    // A Conflict is about preconditions, or a quota that others change just now; 401 while a token
    // is renewed.
    if (code == 404 && status.path("details").path("kind").asText("").startsWith("job")) {
      return new ApiAnswer.Gone();
    }
    if (code == 401 || code == 408 || code == 409 || code == 429 || code >= 500) {
      return new ApiAnswer.Unanswered(message);
    }
    // Forbidden for another term, Invalid where the Lease is missing.
    if (message.contains(TERM_POLICY)) {
      return new ApiAnswer.OtherTerm(message);
    }
    return new ApiAnswer.Refused(code == 422 || code == 400, message);
  }

  private static List<String> warnings(HttpResponse<?> response) {
    List<String> warnings = new ArrayList<>();
    for (String header : response.headers("Warning")) {
      Matcher warning = WARNING.matcher(header);
      warnings.add(warning.matches() ? warning.group(1).replaceAll("\\\\(.)", "$1") : header);
    }
    return warnings;
  }
}
