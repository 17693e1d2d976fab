package io.scanwarden.operator.webhook;

import io.scanwarden.operator.run.Marks;
import io.scanwarden.operator.tenant.QuotaRequest;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;

/**
 * {@code POST /admission/quota}: Jobs with the label of a pool, each of which needs a place in its
 * tenant's quota when it is created. Asked once all that changes a Job has done so, and the rest of
 * it was found to be valid.
 */
final class QuotaReviews implements ReviewRoute.Reviewer {
  static final String PATH = "/admission/quota";

  private final Predicate<String> watched;
  private final QuotaAdmission quota;

  /**
   * Reviews the Jobs of the namespaces that the operator watches.
   *
   * @param watched whether Jobs of a namespace are counted; others are left alone
   */
  QuotaReviews(Predicate<String> watched, QuotaAdmission quota) {
    this.watched = watched;
    this.quota = quota;
  }

  @Override
  public Answer review(byte[] review) throws IOException {
    AdmissionRequest request = AdmissionRequest.of(review);
    boolean counts =
        request.creates() && request.hasLabel(Marks.POOL) && watched.test(request.inNamespace());
    return counts
        ? quota.admit(request, QuotaRequest.Kind.JOB, List.of())
        : Answer.allowed(request.id(), List.of(), Result.UNCHANGED);
  }
}
