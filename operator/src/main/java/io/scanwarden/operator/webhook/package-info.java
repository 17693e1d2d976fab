/**
 * Admission, over HTTPS on every replica: Jobs that were created with the label of a WorkerPool are
 * held back, ScanSchedules and TenantQuotas validated, and both Jobs and schedules need a place in
 * their tenant's quota. {@link io.scanwarden.operator.webhook.JobGate} decides and is pure, as are
 * {@link io.scanwarden.operator.webhook.Renewal} of the certificate and {@link
 * io.scanwarden.operator.webhook.Registration}; {@link io.scanwarden.operator.webhook.WebhookRoom}
 * adds the server, the Secret and the API server.
 */
@NullMarked
package io.scanwarden.operator.webhook;

import org.jspecify.annotations.NullMarked;
