/**
 * The operator as a real process that is killed, paused and started again, and what watches over
 * it: logs of all that happened to Jobs and schedules, kept by watches of their own, and rules that
 * they must obey.
 */
@NullMarked
package io.scanwarden.operator.faults;

import org.jspecify.annotations.NullMarked;
