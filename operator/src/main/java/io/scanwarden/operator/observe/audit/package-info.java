/**
 * The audit log: one line of JSON for each decision, each with the hash of the one before, and the
 * check that none of them was changed, moved or taken away.
 */
@NullMarked
package io.scanwarden.operator.observe.audit;

import org.jspecify.annotations.NullMarked;
