package io.scanwarden.operator.webhook;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One path to which the API server posts AdmissionReviews. Whatever comes is answered. */
final class ReviewRoute implements Consumer<HttpRouting.Builder> {
  private static final Logger log = LoggerFactory.getLogger(ReviewRoute.class);

  /** Decides about what comes. Thread-safe. */
  @FunctionalInterface
  interface Reviewer {
    /**
     * Answers a review.
     *
     * @throws IOException if the bytes are none
     */
    Answer review(byte[] review) throws IOException;
  }

  private final String path;
  private final Reviewer reviewer;
  private final Metrics metrics;
  private final WebhookMetrics requests;

  ReviewRoute(String path, Reviewer reviewer, Metrics metrics) {
    this.path = path;
    this.reviewer = reviewer;
    this.metrics = metrics;
    this.requests = new WebhookMetrics(metrics, path);
  }

  @Override
  public void accept(HttpRouting.Builder routes) {
    routes.post(path, this::handle);
  }

  private void handle(ServerRequest request, ServerResponse response) {
    long begun = System.nanoTime();
    Answer answer =
        answer(request.content().hasEntity() ? request.content().as(byte[].class) : new byte[] {});
    response
        .status(answer.status())
        .header(HeaderNames.CONTENT_TYPE, answer.type())
        .send(answer.body());
    requests.answered(answer.result(), Duration.ofNanos(System.nanoTime() - begun));
  }

  /** Answers a review, whatever the bytes are. */
  Answer answer(byte[] review) {
    try {
      return reviewer.review(review);
    } catch (IOException e) {
      return Answer.error(400, "no AdmissionReview with a request", Result.INVALID);
    } catch (RuntimeException e) {
      metrics.error("webhook");
      log.error("A review at {} failed", path, e);
      return Answer.error(500, "the review failed, see the operator's log", Result.FAILED);
    }
  }
}
