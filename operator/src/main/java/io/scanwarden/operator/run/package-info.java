/**
 * What a run is: its key, its name, the labels of its Job, the Job built from a template, and its
 * state read off a Job.
 */
@NullMarked
package io.scanwarden.operator.run;

import org.jspecify.annotations.NullMarked;
