package io.scanwarden.operator.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each example of docs/concepts/time.md is what happens. */
class TimePageTest {

  static Stream<String> examples() throws IOException {
    List<String> rows =
        Files.readAllLines(Path.of("../docs/concepts/time.md")).stream()
            .filter(line -> line.startsWith("| `"))
            .toList();
    assertThat(rows).hasSizeGreaterThan(10);
    return rows.stream();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void happens(String row) throws InvalidScheduleException {
    String[] cells = row.substring(2).split(" \\| | \\|$", -1);
    Timeline timeline =
        Timeline.builder("team-a/image-audit")
            .cron("schedule", cells[0].replace("`", ""), ZoneId.of(cells[1]))
            .dst(
                GapPolicy.valueOf(cells[2].toUpperCase(Locale.ROOT)),
                OverlapPolicy.valueOf(cells[3].toUpperCase(Locale.ROOT)))
            .build();
    List<String> expected = List.of(cells[5].split(", ", -1));

    List<String> found = new ArrayList<>();
    Instant cursor = Instant.parse(cells[4]);
    while (found.size() < expected.size()) {
      cursor = timeline.next(cursor).orElseThrow().instant();
      found.add(cursor.toString());
    }

    assertThat(found).isEqualTo(expected);
  }
}
