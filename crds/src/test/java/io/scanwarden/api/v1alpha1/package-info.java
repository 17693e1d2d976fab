@NullMarked
package io.scanwarden.api.v1alpha1;

import org.jspecify.annotations.NullMarked;
