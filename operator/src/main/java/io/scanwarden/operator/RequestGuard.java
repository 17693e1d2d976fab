package io.scanwarden.operator;

import io.scanwarden.operator.leader.FencedException;
import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.ApiMetrics;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every attempt of a request to the Kubernetes API goes through: the rate limit, then the
 * fence.
 *
 * @param fence refuses what is not a read while it is closed
 * @param exempt ends of paths that it lets pass: reviews that a standby needs too, which write
 *     nothing
 * @param writeTimeout at most how long a write may take, so that none is under way when another may
 *     lead
 * @param limit null for none
 */
record RequestGuard(
    WriteFence fence,
    List<String> exempt,
    Duration writeTimeout,
    @Nullable RateLimit limit,
    ApiMetrics metrics) {
  private static final Set<String> READS = Set.of("GET", "HEAD");

  /** The same with other ends of paths that the fence lets pass. */
  RequestGuard exempting(List<String> others) {
    return new RequestGuard(fence, others, writeTimeout, limit, metrics);
  }

  /** How long the request has to wait for its turn. */
  Duration turn() {
    return limit == null ? Duration.ZERO : limit.reserve();
  }

  /**
   * The request as it may be sent now.
   *
   * @throws FencedException when it may not
   */
  HttpRequest admit(HttpRequest request) {
    if (READS.contains(request.method())
        || exempt.stream().anyMatch(request.uri().getPath()::endsWith)) {
      return request;
    }
    fence.check();
    if (request.timeout().filter(asked -> asked.compareTo(writeTimeout) <= 0).isPresent()) {
      return request;
    }
    return HttpRequest.newBuilder(request, (name, value) -> true).timeout(writeTimeout).build();
  }
}
