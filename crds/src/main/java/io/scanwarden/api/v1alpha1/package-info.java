/** The custom resources of {@code scanwarden.io/v1alpha1}. */
@NullMarked
package io.scanwarden.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
