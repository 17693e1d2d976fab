package io.scanwarden.operator.tenant;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.operator.run.RawApi;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does what {@link DefaultQuotas} plans. */
final class DefaultQuotaKeeper {
  private static final Logger log = LoggerFactory.getLogger(DefaultQuotaKeeper.class);
  private static final String QUOTAS = "/apis/scanwarden.io/v1alpha1/tenantquotas";
  private static final String JSON_TYPE = "application/json";

  private final RawApi api;
  private final ObjectMapper json = ApiJson.newMapper();

  DefaultQuotaKeeper(KubernetesClient client) {
    api = new RawApi(client);
  }

  /**
   * Makes the changes. What somebody else has done meanwhile is no failure: the watch tells of it,
   * and leads to another plan.
   *
   * @throws IOException if one was not made; the others were tried all the same
   */
  void keep(DefaultQuotas.Plan plan) throws IOException {
    List<IOException> failures = new ArrayList<>();
    for (DefaultQuotas.Change change : plan.changes()) {
      try {
        make(change);
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      IOException first = failures.removeFirst();
      failures.forEach(first::addSuppressed);
      throw first;
    }
  }

  private void make(DefaultQuotas.Change change) throws IOException {
    String path = QUOTAS + "/" + RawApi.encode(change.name());
    switch (change) {
      case DefaultQuotas.Change.Create create ->
          send(
              "created",
              change,
              api.request(QUOTAS).post(JSON_TYPE, json.writeValueAsString(create.quota())));
      case DefaultQuotas.Change.Update(var name, String uid, var spec) ->
          send(
              "changed",
              change,
              api.request(path)
                  .patch(
                      "application/json-patch+json",
                      json.writeValueAsString(
                          List.of(
                              Map.of("op", "test", "path", "/metadata/uid", "value", uid),
                              Map.of("op", "replace", "path", "/spec", "value", spec)))));
      case DefaultQuotas.Change.Delete(var name, String uid) ->
          send(
              "deleted",
              change,
              api.request(path)
                  .delete(
                      JSON_TYPE,
                      json.writeValueAsString(
                          Map.of(
                              "apiVersion",
                              "v1",
                              "kind",
                              "DeleteOptions",
                              "preconditions",
                              Map.of("uid", uid)))));
    }
  }

  private void send(String done, DefaultQuotas.Change change, HttpRequest.Builder request)
      throws IOException {
    HttpResponse<byte[]> response =
        api.send(request.header("Accept", RawApi.METADATA + "," + JSON_TYPE));
    if (response.isSuccessful()) {
      log.info("TenantQuota {} was {}, as the default quota asks for", change.name(), done);
    } else if (response.code() != HttpURLConnection.HTTP_CONFLICT
        && response.code() != HttpURLConnection.HTTP_NOT_FOUND) {
      throw new IOException(
          "TenantQuota " + change.name() + " was not " + done + ": " + api.message(response));
    }
  }
}
