package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponseBuilder;
import io.scanwarden.operator.tenant.Excess;
import io.scanwarden.operator.tenant.QuotaAnswer;
import io.scanwarden.operator.tenant.QuotaGate;
import io.scanwarden.operator.tenant.QuotaRequest;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.util.List;
import java.util.Map;

/** Whether an object may be created as far as its tenant's quota goes. */
final class QuotaAdmission {
  /** The API server's audit log has it under the name of the webhook, a slash and this. */
  private static final String AUDIT = "quota";

  private static final int BAD_REQUEST = 400;
  private static final int FORBIDDEN = 403;
  private static final int UNAVAILABLE = 503;

  private final QuotaGate gate;
  private final Refusals refusals;

  QuotaAdmission(QuotaGate gate, Refusals refusals) {
    this.gate = gate;
    this.refusals = refusals;
  }

  /**
   * Asks for a place, and answers the request.
   *
   * @param warnings told if it may be created
   */
  Answer admit(AdmissionRequest request, QuotaRequest.Kind kind, List<String> warnings) {
    if (request.name().isEmpty()) {
      return Answer.refused(request.id(), nameless(), Result.INVALID_SPEC);
    }
    QuotaRequest asked =
        new QuotaRequest(
            kind, request.inNamespace(), request.name(), request.objectUid(), request.dryRun());
    return switch (gate.ask(asked)) {
      case QuotaAnswer.Granted() -> Answer.allowed(request.id(), warnings, Result.ALLOWED);
      case QuotaAnswer.Refused(Excess excess) -> {
        refusals.refused(asked, excess, request.user());
        yield refused(
            request,
            exceeded(asked, excess),
            "tenant " + excess.tenant() + ": " + excess.message(),
            Result.QUOTA_EXCEEDED);
      }
      case QuotaAnswer.Unknown(String why) ->
          refused(request, unknown(why), "unknown: " + why, Result.QUOTA_UNKNOWN);
    };
  }

  private static Answer refused(AdmissionRequest request, Status why, String audit, Result result) {
    return Answer.of(
        new AdmissionResponseBuilder()
            .withUid(request.id())
            .withAllowed(false)
            .withStatus(why)
            .withAuditAnnotations(Map.of(AUDIT, audit))
            .build(),
        result);
  }

  /** Tools may tell it from other causes of a 403 by the reason of its cause. */
  private static Status exceeded(QuotaRequest asked, Excess excess) {
    return new StatusBuilder()
        .withCode(FORBIDDEN)
        .withReason("Forbidden")
        .withMessage(excess.message())
        .withNewDetails()
        .withKind(asked.kind().toString())
        .withName(asked.name())
        .addNewCause()
        .withReason("TenantQuotaExceeded")
        .withMessage(
            "TenantQuota %s, spec.limits.%s: %d"
                .formatted(excess.tenant(), excess.limit(), excess.allowed()))
        .endCause()
        .endDetails()
        .build();
  }

  private static Status unknown(String why) {
    return new StatusBuilder()
        .withCode(UNAVAILABLE)
        .withReason("ServiceUnavailable")
        .withMessage(
            "It cannot be told whether the tenant's quota has a place: " + why + ". Try again.")
        .build();
  }

  private static Status nameless() {
    return new StatusBuilder()
        .withCode(BAD_REQUEST)
        .withReason("BadRequest")
        .withMessage("metadata.name: is empty; a place in the tenant's quota is given to a name")
        .build();
  }
}
