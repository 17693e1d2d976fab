package io.scanwarden.operator.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

@ExtendWith(LoggingAsFound.class)
class LoggingTest {
  private final PrintStream stderr = System.err;

  @AfterEach
  void restore() {
    System.setErr(stderr);
  }

  @Test
  void textNamesScheduleAndRunWhereTheyAreKnown() {
    String lines =
        logged(
            Logging.Format.TEXT,
            () -> {
              LoggerFactory.getLogger("io.scanwarden.x.Y").info("alone");
              try (LogContext context = LogContext.schedule("team-a", "nightly").run("nightly-1")) {
                LoggerFactory.getLogger("io.scanwarden.x.Y").info("started");
              }
            });

    assertThat(lines.lines().toList())
        .satisfiesExactly(
            l ->
                assertThat(l)
                    .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  Y - alone"),
            l ->
                assertThat(l)
                    .contains("started [")
                    .contains("namespace=team-a")
                    .contains("schedule=nightly")
                    .contains("run=nightly-1"));
  }

  @Test
  void jsonIsOneObjectALine() throws Exception {
    String line =
        logged(
            Logging.Format.JSON,
            () -> {
              try (LogContext context = LogContext.schedule("team-a", "nightly")) {
                LoggerFactory.getLogger("io.scanwarden.x.Y")
                    .atWarn()
                    .addKeyValue("late", 3)
                    .log("two\nlines");
              }
            });

    assertThat(line.lines()).hasSize(1);
    JsonNode json = new ObjectMapper().readTree(line);
    assertThat(json.get("level").asText()).isEqualTo("WARN");
    assertThat(json.get("message").asText()).isEqualTo("two\nlines");
    assertThat(json.get("schedule").asText()).isEqualTo("nightly");
    assertThat(json.get("namespace").asText()).isEqualTo("team-a");
    assertThat(json.get("late").asInt()).isEqualTo(3);
    assertThat(json.get("time").asText()).endsWith("Z");
  }

  @Test
  void librariesAreQuiet() {
    String lines =
        logged(
            Logging.Format.TEXT,
            () -> {
              LoggerFactory.getLogger("io.fabric8.x").info("noise");
              java.util.logging.Logger.getLogger("io.helidon.x").info("noise");
              java.util.logging.Logger.getLogger("io.helidon.x").warning("port in use");
            });

    assertThat(lines.lines()).singleElement().asString().endsWith("WARN  x - port in use");
  }

  @Test
  void aContextRestoresTheOneBefore() {
    try (LogContext outer = LogContext.schedule("a", "outer")) {
      try (LogContext inner = LogContext.schedule("b", "inner").run("r")) {
        assertThat(MDC.get(LogContext.SCHEDULE)).isEqualTo("inner");
      }
      assertThat(MDC.get(LogContext.SCHEDULE)).isEqualTo("outer");
      assertThat(MDC.get(LogContext.RUN)).isNull();
    }
    assertThat(MDC.get(LogContext.NAMESPACE)).isNull();
  }

  private static String logged(Logging.Format format, Runnable action) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    Logging.configure(format, Logging.Threshold.INFO);
    action.run();
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
