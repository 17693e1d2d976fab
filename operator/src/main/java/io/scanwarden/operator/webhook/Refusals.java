package io.scanwarden.operator.webhook;

import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.scanwarden.operator.observe.EventRecorder;
import io.scanwarden.operator.observe.audit.AuditAction;
import io.scanwarden.operator.observe.audit.AuditEntry;
import io.scanwarden.operator.observe.audit.AuditEntry.Amounts;
import io.scanwarden.operator.observe.audit.AuditLog;
import io.scanwarden.operator.tenant.Excess;
import io.scanwarden.operator.tenant.QuotaRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/**
 * Tells others than who asked that a quota had no place: each refusal in the audit log, and in the
 * namespace an Event about the first one of a minute. Thread-safe.
 */
final class Refusals {
  /** The same again within that time is no news. */
  private static final Duration NEWS = Duration.ofMinutes(1);

  private record Cause(String namespace, String limit) {}

  private final EventRecorder events;
  private final AuditLog audit;
  private final InstantSource clock;
  private final Map<Cause, Instant> told = new HashMap<>();

  Refusals(EventRecorder events, AuditLog audit, InstantSource clock) {
    this.events = events;
    this.audit = audit;
    this.clock = clock;
  }

  /**
   * A request was refused.
   *
   * @param user whose it was, as the API server names it
   */
  void refused(QuotaRequest request, Excess excess, String user) {
    if (request.dryRun()) {
      return;
    }
    String kind = request.kind().kindName();
    audit.record(
        AuditEntry.of(AuditAction.QUOTA_EXCEEDED, request.namespace(), kind, request.name())
            .ofTenant(excess.tenant())
            .because(excess.limit())
            .with(new Amounts(excess.allowed(), excess.current(), excess.attempted()))
            .by(user));
    if (isNews(new Cause(request.namespace(), excess.limit()))) {
      ObjectReference object =
          new ObjectReferenceBuilder()
              .withApiVersion(request.kind().apiVersion())
              .withKind(kind)
              .withNamespace(request.namespace())
              .withName(request.name())
              .build();
      events.record(
          object, EventRecorder.Type.WARNING, "QuotaExceeded", "Create", excess.message());
    }
  }

  private synchronized boolean isNews(Cause cause) {
    Instant now = clock.instant();
    told.values().removeIf(time -> !time.plus(NEWS).isAfter(now));
    return told.putIfAbsent(cause, now) == null;
  }
}
