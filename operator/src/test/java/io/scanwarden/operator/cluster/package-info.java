/**
 * A real Kubernetes control plane for tests: {@link
 * io.scanwarden.operator.cluster.ControlPlaneTest @ControlPlaneTest} on a class, a {@link
 * io.scanwarden.operator.cluster.ControlPlane} as a parameter.
 */
@NullMarked
package io.scanwarden.operator.cluster;

import org.jspecify.annotations.NullMarked;
