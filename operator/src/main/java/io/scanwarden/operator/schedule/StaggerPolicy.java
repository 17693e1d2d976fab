package io.scanwarden.operator.schedule;

import java.time.Duration;

/**
 * How the targets of a run are spread over time.
 *
 * @param interval between the last start of a batch and the first one of the next
 */
record StaggerPolicy(int batchSize, Duration interval) {}
