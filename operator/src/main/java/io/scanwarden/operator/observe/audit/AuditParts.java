package io.scanwarden.operator.observe.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of one log: {@code FILE}, which is written, and {@code FILE.1}, the one before it. */
record AuditParts(Path file) {
  private static final Pattern NUMBER = Pattern.compile("[1-9]\\d{0,8}");

  /** The file that was written so many files ago. */
  Path part(int number) {
    return file.resolveSibling(file.getFileName() + "." + number);
  }

  /** The numbers of the parts that there are, the oldest part first. */
  List<Integer> numbers() throws IOException {
    String prefix = file.getFileName() + ".";
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return List.of();
    }
    List<Integer> numbers = new ArrayList<>();
    try (Stream<Path> siblings = Files.list(folder)) {
      for (Path sibling : (Iterable<Path>) siblings::iterator) {
        String name = String.valueOf(sibling.getFileName());
        if (name.startsWith(prefix)) {
          Matcher number = NUMBER.matcher(name.substring(prefix.length()));
          if (number.matches()) {
            numbers.add(Integer.valueOf(number.group()));
          }
        }
      }
    }
    numbers.sort(Comparator.reverseOrder());
    return List.copyOf(numbers);
  }

  /** All files that there are, the oldest first. */
  List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>(numbers().stream().map(this::part).toList());
    if (Files.exists(file)) {
      files.add(file);
    }
    return List.copyOf(files);
  }
}
