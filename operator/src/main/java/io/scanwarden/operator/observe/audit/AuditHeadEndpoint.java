package io.scanwarden.operator.observe.audit;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerResponse;
import io.scanwarden.operator.observe.JsonAnswers;
import java.util.function.Consumer;

/** {@code GET /audit/head}: the last line of the audit log that is on the disk. */
public final class AuditHeadEndpoint implements Consumer<HttpRouting.Builder> {
  private final AuditWriter writer;

  public AuditHeadEndpoint(AuditWriter writer) {
    this.writer = writer;
  }

  @Override
  public void accept(HttpRouting.Builder routes) {
    routes.get("/audit/head", (request, response) -> answer(response));
  }

  private void answer(ServerResponse response) {
    AuditHead head = writer.head();
    JsonAnswers.send(
        response,
        JsonNodeFactory.instance
            .objectNode()
            .put("replica", writer.replica())
            .put("seq", head.seq())
            .put("hash", head.hash()));
  }
}
