/**
 * What users are promised, tested from outside: a real API server, the operator as a process, and
 * nothing known of its inside.
 */
@NullMarked
package io.scanwarden.operator.acceptance;

import org.jspecify.annotations.NullMarked;
