/**
 * Leadership: the election, the term, and the fence that refuses writes once the Lease could have
 * expired.
 */
@NullMarked
package io.scanwarden.operator.leader;

import org.jspecify.annotations.NullMarked;
