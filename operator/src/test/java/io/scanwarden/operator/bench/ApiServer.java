package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** The API server as one user of it, by bytes: nothing of a client's own is in the way. */
final class ApiServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern VERSION = Pattern.compile("\"resourceVersion\":\"(\\d+)\"");
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final HttpClient http;
  private final String base;
  private final @Nullable String token;

  /**
   * Connects.
   *
   * @param token the user's; null where the client's certificate says who it is
   */
  ApiServer(String base, SSLContext ssl, @Nullable String token, HttpClient.Version version) {
    this.base = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    this.token = token;
    this.http = HttpClient.newBuilder().sslContext(ssl).version(version).build();
  }

  /**
   * Creates an object; anything but success is a failure of the benchmark.
   *
   * @return the object as the API server has it now
   */
  String create(String path, byte[] object) {
    return ok(send(request(path).POST(BodyPublishers.ofByteArray(object)))).body();
  }

  /** Changes an object by a merge patch; what is gone is left as it is. */
  void merge(String path, byte[] patch) {
    okOrGone(
        send(
            request(path)
                .setHeader("Content-Type", "application/merge-patch+json")
                .method("PATCH", BodyPublishers.ofByteArray(patch))));
  }

  JsonNode get(String path) {
    try {
      return JSON.readTree(text(path));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  String text(String path) {
    return ok(send(request(path).GET())).body();
  }

  /** Deletes an object, or all of a collection; what is gone already is gone. */
  void delete(String path) {
    okOrGone(send(request(path).DELETE()));
  }

  /** How many objects there are in a collection; of one with a query, whether there are any. */
  int count(String path) {
    JsonNode page = get(path + (path.contains("?") ? "&" : "?") + "limit=1");
    return page.path("items").size() + page.path("metadata").path("remainingItemCount").asInt();
  }

  /**
   * Watches a collection from now on, each line as it comes, on a thread of its own. Where the API
   * server ends the watch, as it does with one that is slow to read, it goes on behind the last
   * line.
   *
   * @return ends the watch
   */
  AutoCloseable watch(String path, Consumer<String> line) {
    String version = get(path + "?limit=1").path("metadata").path("resourceVersion").asText();
    AtomicReference<@Nullable AutoCloseable> body = new AtomicReference<>();
    AtomicBoolean closed = new AtomicBoolean();
    Thread thread =
        Thread.ofPlatform()
            .daemon()
            .name("watch")
            .unstarted(
                () -> {
                  String last = version;
                  while (!closed.get()) {
                    last = watch(path, last, line, body);
                  }
                });
    thread.start();
    return () -> {
      closed.set(true);
      AutoCloseable open = body.get();
      if (open != null) {
        open.close();
      }
      thread.interrupt();
    };
  }

  /** Watches until that ends; returns the resourceVersion of the last line. */
  private String watch(
      String path,
      String version,
      Consumer<String> line,
      AtomicReference<@Nullable AutoCloseable> body) {
    String last = version;
    HttpRequest request =
        builder(path + "?watch=true&resourceVersion=" + version)
            .timeout(Duration.ofMinutes(30))
            .GET()
            .build();
    try {
      var response = http.send(request, BodyHandlers.ofInputStream());
      body.set(response.body());
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(response.body(), StandardCharsets.UTF_8), 1 << 16);
      String next = lines.readLine();
      while (next != null) {
        line.accept(next);
        Matcher found = VERSION.matcher(next);
        last = found.find() ? found.group(1) : last;
        next = lines.readLine();
      }
    } catch (IOException | InterruptedException e) {
      // The end of the watch: as it was wanted, or the next one goes on.
    }
    return last;
  }

  private HttpRequest.Builder request(String path) {
    return builder(path).timeout(TIMEOUT);
  }

  private HttpRequest.Builder builder(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json")
            .header("Accept", path.equals("/metrics") ? "text/plain" : "application/json");
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return http.send(request.build(), BodyHandlers.ofString());
    } catch (IOException e) {
      throw new IllegalStateException(String.valueOf(e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void okOrGone(HttpResponse<String> answer) {
    if (answer.statusCode() != 404) {
      ok(answer);
    }
  }

  private static HttpResponse<String> ok(HttpResponse<String> answer) {
    if (answer.statusCode() / 100 != 2) {
      throw new IllegalStateException(answer.request().uri() + ": " + answer.body());
    }
    return answer;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
