/** The benchmark, {@code dev/bench}: see {@code docs/performance.md}. Not part of the tests. */
@NullMarked
package io.scanwarden.operator.bench;

import org.jspecify.annotations.NullMarked;
