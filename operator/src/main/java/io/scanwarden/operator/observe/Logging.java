package io.scanwarden.operator.observe;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.util.Locale;
import net.logstash.logback.encoder.LogstashEncoder;
import net.logstash.logback.fieldnames.LogstashFieldNames;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** How the process logs: lines on standard error, as Kubernetes' own components do. */
public final class Logging {
  private static final String PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSSX, UTC} %-5level %logger{0} - %msg%replace( %kvp){'^ $', ''}"
          + "%replace( [%mdc]){'^ \\[\\]$', ''}%n%ex";

  /** One line of text, or one JSON object a line. */
  public enum Format {
    TEXT,
    JSON;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What is logged: that and what is more severe. Libraries tell warnings and, at DEBUG, what they
   * do.
   */
  public enum Threshold {
    DEBUG,
    INFO,
    WARN,
    ERROR;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private Logging() {}

  /** Applies to the whole process from now on. */
  public static void configure(Format format, Threshold threshold) {
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setContext(context);
    console.setName("stderr");
    console.setTarget("System.err");
    console.setEncoder(encoder(format, context));
    console.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(console);
    Level level = Level.valueOf(threshold.name());
    // Never below INFO: at TRACE the client would print requests with their tokens.
    root.setLevel(
        threshold == Threshold.DEBUG
            ? Level.INFO
            : threshold == Threshold.ERROR ? Level.ERROR : Level.WARN);
    context.getLogger("io.scanwarden").setLevel(level);
    // The election says in a line what the library says in a stack trace every other second.
    context.getLogger("io.fabric8.kubernetes.client.extended.leaderelection").setLevel(Level.OFF);
    // Warns at each start that our own API is an alpha version.
    context
        .getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils")
        .setLevel(Level.ERROR);
  }

  private static Encoder<ILoggingEvent> encoder(Format format, LoggerContext context) {
    if (format == Format.TEXT) {
      PatternLayoutEncoder text = new PatternLayoutEncoder();
      text.setContext(context);
      text.setPattern(PATTERN);
      text.start();
      return text;
    }
    LogstashFieldNames names = new LogstashFieldNames();
    names.setTimestamp("time");
    names.setLogger("logger");
    names.setThread("thread");
    names.setVersion("[ignore]");
    names.setLevelValue("[ignore]");
    LogstashEncoder json = new LogstashEncoder();
    json.setContext(context);
    json.setFieldNames(names);
    json.setTimeZone("UTC");
    json.start();
    return json;
  }
}
