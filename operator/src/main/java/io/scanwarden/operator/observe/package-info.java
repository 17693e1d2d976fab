/** What the operator lets others see: metrics, Events, health, HTTP, logs. */
@NullMarked
package io.scanwarden.operator.observe;

import org.jspecify.annotations.NullMarked;
