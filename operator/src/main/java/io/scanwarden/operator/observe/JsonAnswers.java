package io.scanwarden.operator.observe;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerResponse;

/** Answers in JSON: failures in the form in which the API server tells of them. */
public final class JsonAnswers {
  private JsonAnswers() {}

  /** Answers with this object. */
  public static void send(ServerResponse response, ObjectNode body) {
    send(response, 200, body);
  }

  /**
   * Answers that it cannot be done.
   *
   * @param code 400, 401, 403, 404 or 503
   * @param message for a person
   */
  public static void fail(ServerResponse response, int code, String message) {
    String reason =
        switch (code) {
          case 400 -> "BadRequest";
          case 401 -> "Unauthorized";
          case 403 -> "Forbidden";
          case 404 -> "NotFound";
          case 503 -> "ServiceUnavailable";
          default -> throw new IllegalArgumentException("no failure: " + code);
        };
    send(
        response,
        code,
        JsonNodeFactory.instance
            .objectNode()
            .put("kind", "Status")
            .put("apiVersion", "v1")
            .put("status", "Failure")
            .put("message", message)
            .put("reason", reason)
            .put("code", code));
  }

  private static void send(ServerResponse response, int code, ObjectNode body) {
    response
        .status(code)
        .header(HeaderNames.CONTENT_TYPE, "application/json")
        .send(body.toString());
  }
}
