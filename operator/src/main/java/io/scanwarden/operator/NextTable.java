package io.scanwarden.operator;

import io.scanwarden.operator.time.Coming;
import java.io.PrintWriter;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Coming instants as a table in kubectl's style: columns that nothing fills are left out. */
final class NextTable {
  private static final DateTimeFormatter LOCAL =
      DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm:ss xxx VV", Locale.ROOT);
  private static final String GAP = "   ";

  private NextTable() {}

  static void print(List<Coming> coming, PrintWriter out) {
    boolean jitter = coming.stream().anyMatch(c -> !c.start().equals(c.instant()));
    boolean notes = coming.stream().anyMatch(c -> !c.notes().isEmpty());
    List<List<String>> rows = new ArrayList<>();
    rows.add(row("INSTANT", "LOCAL", "START", "NOTES", jitter, notes));
    for (Coming c : coming) {
      rows.add(
          row(
              c.instant().toString(),
              String.join(", ", c.local().stream().map(NextTable::local).toList()),
              c.excluded() ? "-" : c.start().toString(),
              String.join("; ", c.notes()),
              jitter,
              notes));
    }
    printAligned(rows, out);
  }

  private static List<String> row(
      String instant, String local, String start, String note, boolean jitter, boolean notes) {
    List<String> cells = new ArrayList<>(List.of(instant, local));
    if (jitter) {
      cells.add(start);
    }
    if (notes) {
      cells.add(note);
    }
    return cells;
  }

  private static String local(ZonedDateTime time) {
    return LOCAL.format(time);
  }

  private static void printAligned(List<List<String>> rows, PrintWriter out) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length())).append(GAP);
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
