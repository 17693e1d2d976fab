package io.scanwarden.operator.observe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.scanwarden.operator.time.TestWorkClock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Consumer;

/**
 * {@code /test/clock}: reads and sets the test clock, {@code {"now": "2026-10-25T00:59:50Z",
 * "rate": 60}}. Either may be left out of a PUT and stays as it is.
 */
public final class TestClockEndpoint implements Consumer<HttpRouting.Builder> {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TestWorkClock clock;

  public TestClockEndpoint(TestWorkClock clock) {
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder routes) {
    routes.get("/test/clock", (request, response) -> read(response)).put("/test/clock", this::set);
  }

  private void read(ServerResponse response) {
    response
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(
            JSON.createObjectNode()
                .put("now", clock.instant().toString())
                .put("rate", clock.rate())
                .toString());
  }

  private void set(ServerRequest request, ServerResponse response) {
    try {
      JsonNode body =
          JSON.readTree(request.content().hasEntity() ? request.content().as(String.class) : "");
      if (!body.isObject()) {
        throw new IllegalArgumentException("no JSON object");
      }
      Instant now =
          body.hasNonNull("now") ? Instant.parse(body.get("now").asText()) : clock.instant();
      clock.set(
          now, body.hasNonNull("rate") ? body.get("rate").asDouble(Double.NaN) : clock.rate());
      read(response);
    } catch (JsonProcessingException | DateTimeException | IllegalArgumentException e) {
      response.status(400).send("bad test clock: " + e.getMessage() + "\n");
    }
  }
}
