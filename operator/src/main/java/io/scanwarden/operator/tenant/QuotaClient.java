package io.scanwarden.operator.tenant;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.PartialObjectMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import io.scanwarden.operator.run.RawApi;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The API server, asked with two clients. */
final class QuotaClient implements QuotaApi {
  private static final String QUOTAS = "/apis/scanwarden.io/v1alpha1/tenantquotas/";

  private final RawApi fenced;
  private final RawApi open;
  private final ObjectMapper json = ApiJson.newMapper();

  /**
   * Asks with two clients.
   *
   * @param fenced writes while this process leads
   * @param open writes what every replica may: reservations
   */
  QuotaClient(KubernetesClient fenced, KubernetesClient open) {
    this.fenced = new RawApi(fenced);
    this.open = new RawApi(open);
  }

  @Override
  public Optional<QuotaVersion> get(String name) throws IOException {
    HttpResponse<byte[]> response = open.send(open.request(QUOTAS + RawApi.encode(name)));
    return found(response)
        ? Optional.of(QuotaVersion.of(json.readValue(response.body(), QuotaResource.class)))
        : Optional.empty();
  }

  @Override
  public Optional<QuotaVersion> write(QuotaVersion read, TenantQuotaStatus status, boolean leads)
      throws IOException {
    RawApi api = leads ? fenced : open;
    String patch =
        json.writeValueAsString(
            List.of(
                Map.of(
                    "op", "replace", "path", "/metadata/resourceVersion", "value", read.version()),
                Map.of("op", "add", "path", "/status", "value", status)));
    HttpResponse<byte[]> response =
        api.send(
            api.request(QUOTAS + RawApi.encode(read.name()) + "/status")
                .header("Accept", RawApi.METADATA)
                .patch("application/json-patch+json", patch));
    if (response.code() == HttpURLConnection.HTTP_CONFLICT
        || response.code() == HttpURLConnection.HTTP_NOT_FOUND) {
      return Optional.empty();
    }
    if (!response.isSuccessful()) {
      throw new IOException(api.message(response));
    }
    String version =
        json.readValue(response.body(), PartialObjectMetadata.class)
            .getMetadata()
            .getResourceVersion();
    return Optional.of(read.with(status, version));
  }

  @Override
  public Optional<String> uid(String resource, String namespace, String name) throws IOException {
    String group =
        QuotaRequest.Kind.of(resource).map(QuotaRequest.Kind::apiVersion).orElse("batch/v1");
    HttpResponse<byte[]> response =
        open.send(
            open.request(
                    "/apis/%s/namespaces/%s/%s/%s"
                        .formatted(group, RawApi.encode(namespace), resource, RawApi.encode(name)))
                .header("Accept", RawApi.METADATA));
    return found(response)
        ? Optional.of(
            json.readValue(response.body(), PartialObjectMetadata.class).getMetadata().getUid())
        : Optional.empty();
  }

  private boolean found(HttpResponse<byte[]> response) throws IOException {
    if (response.code() == HttpURLConnection.HTTP_NOT_FOUND) {
      return false;
    }
    if (!response.isSuccessful()) {
      throw new IOException(open.message(response));
    }
    return true;
  }
}
