package io.scanwarden.operator.schedule;

import java.time.Instant;

/**
 * What became of the latest tries to create the Job of the first claim.
 *
 * @param refused the API server understood and said no; otherwise it could not be asked, or could
 *     not answer
 * @param tries how many failed in a row
 * @param retryAt when to try again
 */
record CreateFailure(boolean refused, String message, int tries, Instant retryAt) {}
