package io.scanwarden.operator.run;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.scanwarden.api.v1alpha1.ApiJson;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the API server from and to bytes, over a client's own connections, credentials and
 * guards, but past its object model. Each call blocks until the answer is there or the client's
 * request timeout has passed.
 */
public final class RawApi {
  /** The media type of an answer that has the metadata of an object only. */
  public static final String METADATA =
      "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

  private static final int PAGE = 500;

  private final HttpClient http;
  private final String base;
  private final ObjectMapper json = ApiJson.newMapper();

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record PageMetadata(
      @Nullable @JsonProperty("continue") String next, @Nullable String resourceVersion) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Page<T>(@Nullable PageMetadata metadata, @Nullable List<T> items) {}

  /**
   * All there is of a kind.
   *
   * @param version the list's resourceVersion: what is not in it did not exist then
   */
  public record Listed<T>(List<T> items, long version) {}

  public RawApi(KubernetesClient client) {
    http = client.getHttpClient();
    String url = client.getMasterUrl().toString();
    base = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  /** A request of that path and query; a GET until told otherwise. */
  public HttpRequest.Builder request(String path) {
    return http.newHttpRequestBuilder().uri(base + path);
  }

  /**
   * Sends a request.
   *
   * @return the answer, whatever its code
   * @throws IOException if there was none, or nothing was sent
   */
  public HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException {
    try {
      return http.sendAsync(request.build(), byte[].class).join();
    } catch (CompletionException e) {
      throw new IOException(message(e.getCause() == null ? e : e.getCause()), e);
    } catch (RuntimeException e) {
      throw new IOException(message(e), e);
    }
  }

  /**
   * Sends a request and reads the object that is answered.
   *
   * @throws IOException if there was no answer, or one of failure
   */
  public <T> T read(HttpRequest.Builder request, Class<T> type) throws IOException {
    HttpResponse<byte[]> response = send(request);
    if (!response.isSuccessful()) {
      throw new IOException(message(response));
    }
    return json.readValue(response.body(), type);
  }

  /**
   * Lists all there are, page by page, as the quorum has it.
   *
   * @param query for the first page and all others, such as {@code labelSelector=...}; may be empty
   * @param accept the media type, such as one for metadata only
   * @throws IOException if there was no answer, or one of failure
   */
  public <T> Listed<T> list(String path, String query, String accept, Class<T> type)
      throws IOException {
    return list(path, query, accept, type, Function.identity());
  }

  /**
   * Lists all there are, page by page, as the quorum has it.
   *
   * @param keep what to keep of each; nothing else of it stays in memory
   * @throws IOException if there was no answer, or one of failure
   */
  public <T, K> Listed<K> list(
      String path, String query, String accept, Class<T> type, Function<T, K> keep)
      throws IOException {
    List<K> all = new ArrayList<>();
    String next = "";
    long version = -1;
    do {
      String uri =
          path
              + "?limit="
              + PAGE
              + (query.isEmpty() ? "" : "&" + query)
              + (next.isEmpty() ? "" : "&continue=" + encode(next));
      HttpResponse<byte[]> response = send(request(uri).header("Accept", accept));
      if (!response.isSuccessful()) {
        throw new IOException(message(response));
      }
      Page<T> page =
          json.readValue(
              response.body(), json.getTypeFactory().constructParametricType(Page.class, type));
      if (page.items() != null) {
        page.items().forEach(item -> all.add(keep.apply(item)));
      }
      PageMetadata metadata = page.metadata();
      next = metadata == null || metadata.next() == null ? "" : metadata.next();
      // All pages are of the moment of the first.
      version = version < 0 && metadata != null ? number(metadata.resourceVersion()) : version;
    } while (!next.isEmpty());
    return new Listed<>(all, version);
  }

  private static long number(@Nullable String version) {
    try {
      return version == null ? -1 : Long.parseLong(version);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** What the API server says of a failure. */
  public String message(HttpResponse<byte[]> response) {
    String message = status(response).path("message").asText("");
    return message.isEmpty() ? "HTTP " + response.code() : message;
  }

  /** The Status of an answer that is none of success; empty if it has none. */
  JsonNode status(HttpResponse<byte[]> response) {
    try {
      return json.readTree(response.body() == null ? new byte[] {'{', '}'} : response.body());
    } catch (IOException e) {
      return json.createObjectNode();
    }
  }

  /**
   * The collections of a kind.
   *
   * @param version with the group, such as {@code batch/v1}, or {@code v1}
   * @param namespaces those of which to have one each; empty for the one of all
   */
  public static List<String> collections(String version, Set<String> namespaces, String plural) {
    String base = (version.contains("/") ? "/apis/" : "/api/") + version;
    return namespaces.isEmpty()
        ? List.of(base + "/" + plural)
        : namespaces.stream()
            .sorted()
            .map(namespace -> base + "/namespaces/" + namespace + "/" + plural)
            .toList();
  }

  /** For use in a query. */
  public static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
