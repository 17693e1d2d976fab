package io.scanwarden.operator.schedule;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.operator.run.RawApi;
import io.scanwarden.operator.run.Run;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * Writes statuses: the whole of it in one request, and only onto the version of the resource that
 * it was made for.
 */
final class StatusWriter {
  private final RawApi api;
  private final ObjectMapper json = ApiJson.newMapper();

  /** What came of a write. */
  sealed interface Outcome {
    /** The status is there, and the resource has that version. */
    record Written(long version) implements Outcome {}

    /** The resource has another version, which must be read first. */
    record Conflict() implements Outcome {}

    /** The resource is gone. */
    record Gone() implements Outcome {}
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Answer(ObjectMeta metadata) {}

  StatusWriter(KubernetesClient client) {
    api = new RawApi(client);
  }

  /**
   * Writes a status.
   *
   * @throws IOException if there was no answer, or one that trying again may change
   */
  Outcome write(Report report) throws IOException {
    HttpResponse<byte[]> response =
        api.send(
            api.request(path(report.key()) + "/status")
                .header("Accept", RawApi.METADATA)
                .patch("application/json-patch+json", patch(report)));
    if (response.isSuccessful()) {
      return new Outcome.Written(
          Run.version(json.readValue(response.body(), Answer.class).metadata()));
    }
    return switch (response.code()) {
      case 404 -> new Outcome.Gone();
      case 409 -> new Outcome.Conflict();
      default -> throw new IOException(api.message(response));
    };
  }

  /**
   * Reads a schedule as it is now.
   *
   * @throws IOException if it cannot be read, or is gone
   */
  ScheduleResource read(ScheduleKey key) throws IOException {
    return api.read(api.request(path(key)), ScheduleResource.class);
  }

  private String patch(Report report) throws JsonProcessingException {
    return json.writeValueAsString(
        List.of(
            // The same version again: the API server answers 409 if it is another by now.
            Map.of(
                "op", "replace",
                "path", "/metadata/resourceVersion",
                "value", Long.toString(report.resourceVersion())),
            Map.of("op", "replace", "path", "/status", "value", report.status())));
  }

  private static String path(ScheduleKey key) {
    return "/apis/scanwarden.io/v1alpha1/namespaces/"
        + key.namespace()
        + "/scanschedules/"
        + key.name();
  }
}
