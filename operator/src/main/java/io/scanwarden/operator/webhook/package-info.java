/**
 * Admission of Jobs that were created with the label of a WorkerPool, over HTTPS on every replica.
 * {@link io.scanwarden.operator.webhook.JobGate} decides and is pure, as are {@link
 * io.scanwarden.operator.webhook.Renewal} of the certificate and {@link
 * io.scanwarden.operator.webhook.Registration}; {@link io.scanwarden.operator.webhook.WebhookRoom}
 * adds the server, the Secret and the API server.
 */
@NullMarked
package io.scanwarden.operator.webhook;

import org.jspecify.annotations.NullMarked;
