package io.scanwarden.operator.observe;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.ContextInitializer;
import ch.qos.logback.core.joran.spi.JoranException;
import java.util.Arrays;
import java.util.logging.Handler;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * For tests that let the program configure the logging of the process: after each, it is again as
 * logback-test.xml says, so that the tests after it are as quiet as those before.
 */
@NullUnmarked
public final class LoggingAsFound implements BeforeEachCallback, AfterEachCallback {
  private final Logger javaRoot = LogManager.getLogManager().getLogger("");
  private Handler[] javaHandlers;

  @Override
  public void beforeEach(ExtensionContext test) {
    javaHandlers = javaRoot.getHandlers();
  }

  @Override
  public void afterEach(ExtensionContext test) throws JoranException {
    Arrays.stream(javaRoot.getHandlers()).forEach(javaRoot::removeHandler);
    Arrays.stream(javaHandlers).forEach(javaRoot::addHandler);
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    new ContextInitializer(context).autoConfig();
  }
}
