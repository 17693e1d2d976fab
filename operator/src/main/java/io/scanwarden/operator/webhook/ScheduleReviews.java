package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.scanwarden.api.v1alpha1.RawJson;
import io.scanwarden.api.v1alpha1.ScanSchedule;
import io.scanwarden.operator.tenant.QuotaRequest;
import io.scanwarden.operator.time.InvalidScheduleException;
import io.scanwarden.operator.webhook.WebhookMetrics.Result;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * {@code POST /admission/schedules}: ScanSchedules. What the schema cannot say of a spec is said
 * here, when it is created or changed; one that is created then needs a place in its tenant's
 * quota.
 *
 * <p>As with Kubernetes' own types, an update is not refused for what was wrong before and is not
 * touched by it: a schedule that has become invalid (another version, another time zone database)
 * can still be suspended.
 */
final class ScheduleReviews implements ReviewRoute.Reviewer {
  static final String PATH = "/admission/schedules";

  private static final int UNPROCESSABLE = 422;

  private final Predicate<String> watched;
  private final ScheduleCheck check;
  private final QuotaAdmission quota;

  /**
   * Reviews the schedules of the namespaces that the operator watches.
   *
   * @param watched whether a schedule of a namespace would ever run; others are left alone
   */
  ScheduleReviews(Predicate<String> watched, ScheduleCheck check, QuotaAdmission quota) {
    this.watched = watched;
    this.check = check;
    this.quota = quota;
  }

  @Override
  public Answer review(byte[] review) throws IOException {
    AdmissionRequest request = AdmissionRequest.of(review);
    Optional<RawJson> spec = request.spec();
    if (spec.isEmpty() || spec.equals(request.oldSpec()) || !watched.test(request.inNamespace())) {
      return Answer.allowed(request.id(), List.of(), Result.UNCHANGED);
    }
    List<String> warnings;
    try {
      warnings = check(request, spec.get());
    } catch (InvalidScheduleException e) {
      if (!wasThereBefore(e, request)) {
        return invalid(request, e);
      }
      warnings = List.of(e.field() + " is as invalid as before: nothing runs, see condition Ready");
    }
    return request.creates()
        ? quota.admit(request, QuotaRequest.Kind.SCHEDULE, warnings)
        : Answer.allowed(request.id(), warnings, Result.ALLOWED);
  }

  private List<String> check(AdmissionRequest request, RawJson spec)
      throws InvalidScheduleException {
    return check.check(request.inNamespace(), request.name(), spec);
  }

  private boolean wasThereBefore(InvalidScheduleException problem, AdmissionRequest request) {
    if (request.oldSpec().isEmpty()) {
      return false;
    }
    try {
      check(request, request.oldSpec().get());
      return false;
    } catch (InvalidScheduleException before) {
      return before.reason().equals(problem.reason())
          && before.field().equals(problem.field())
          && before.value().equals(problem.value())
          && before.withoutField().equals(problem.withoutField());
    }
  }

  private static Answer invalid(AdmissionRequest request, InvalidScheduleException problem) {
    return Answer.refused(
        request.id(),
        new StatusBuilder()
            .withCode(UNPROCESSABLE)
            .withReason("Invalid")
            .withMessage(problem.getMessage())
            .withNewDetails()
            .withGroup(ScanSchedule.GROUP)
            .withKind(ScanSchedule.KIND)
            .withName(request.name())
            .addNewCause()
            .withReason("FieldValueInvalid")
            .withField(problem.field())
            .withMessage("Invalid value: " + problem.withoutField())
            .endCause()
            .endDetails()
            .build(),
        Result.INVALID_SPEC);
  }
}
