/**
 * Time: which instants a schedule is due at, and when each of them starts.
 *
 * <p>Pure: nothing here knows Kubernetes, reads a clock or changes after it was built.
 */
@NullMarked
package io.scanwarden.operator.time;

import org.jspecify.annotations.NullMarked;
