/** The Scanwarden operator: the program and the class that wires its rooms together. */
@NullMarked
package io.scanwarden.operator;

import org.jspecify.annotations.NullMarked;
