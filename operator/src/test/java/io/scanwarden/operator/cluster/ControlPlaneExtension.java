package io.scanwarden.operator.cluster;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link ControlPlane}: one control plane for the whole run, brought up when the
 * first test asks for it and taken down at the end, and a namespace for each test method.
 *
 * <p>A {@code ControlPlane} of a lifecycle method for all tests or of a constructor has a namespace
 * of the class.
 */
public final class ControlPlaneExtension implements ParameterResolver {
  private static final Namespace STORE = Namespace.create(ControlPlaneExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ControlPlane.class;
  }

  @Override
  public @Nullable Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    LocalCluster cluster =
        context
            .getRoot()
            .getStore(STORE)
            .computeIfAbsent(LocalCluster.class, key -> LocalCluster.open(), LocalCluster.class);
    // In the store of the test, so that the same test gets the same one, and JUnit closes it.
    return context
        .getStore(STORE)
        .computeIfAbsent(
            ControlPlane.class.getName() + context.getUniqueId(),
            key -> new ControlPlane(cluster, name(context)),
            ControlPlane.class);
  }

  private static String name(ExtensionContext context) {
    String type = context.getRequiredTestClass().getSimpleName();
    return context.getTestMethod().map(method -> type + "." + method.getName()).orElse(type);
  }
}
