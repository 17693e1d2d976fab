package io.scanwarden.operator.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What has been used up to a moment: CPU by process, and requests by kind.
 *
 * @param cpu seconds by process; {@code other} is all else on the machine
 * @param writes that the API server has been asked for, whoever asked, by verb and resource
 */
record Usage(Map<String, Double> cpu, Map<String, Double> writes) {
  private static final double TICKS = 100; // a second, on every Linux
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"([^\"]*)\"");
  private static final List<String> READS = List.of("GET", "LIST", "WATCH", "CONNECT");

  /** Looks at these processes and at the API server's own counters. */
  static Usage now(Map<String, Long> processes, ApiServer admin) {
    return new Usage(cpu(processes), writes(admin.text("/metrics")));
  }

  /** Without an API server to ask. */
  static Usage ofProcesses(Map<String, Long> processes) {
    return new Usage(cpu(processes), Map.of());
  }

  private static Map<String, Double> cpu(Map<String, Long> processes) {
    Map<String, Double> cpu = new LinkedHashMap<>();
    double known = 0;
    for (var process : processes.entrySet()) {
      double seconds = seconds(process.getValue());
      cpu.put(process.getKey(), seconds);
      known += seconds;
    }
    cpu.put("other", machine() - known);
    return cpu;
  }

  private static double seconds(long pid) {
    String stat = read("/proc/" + pid + "/stat");
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS;
  }

  /** User, nice, system, interrupts. */
  private static double machine() {
    String[] fields = read("/proc/stat").lines().findFirst().orElseThrow().split(" +", -1);
    double sum = 0;
    for (int i : new int[] {1, 2, 3, 6, 7}) {
      sum += Long.parseLong(fields[i]);
    }
    return sum / TICKS;
  }

  /** Resident memory of a process in MiB, now ({@code VmRSS}) or at most ({@code VmHWM}). */
  static double memory(long pid, String field) {
    return read("/proc/" + pid + "/status")
            .lines()
            .filter(line -> line.startsWith(field + ":"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow()
        / 1024.0;
  }

  /** The machine's load, and how many processors it has. */
  static String load() {
    return read("/proc/loadavg").split(" ", -1)[0];
  }

  private static String read(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, Double> writes(String metrics) {
    Map<String, Double> writes = new TreeMap<>();
    metrics
        .lines()
        .filter(line -> line.startsWith("apiserver_request_total{"))
        .forEach(
            line -> {
              Map<String, String> labels = labels(line);
              String verb = labels.getOrDefault("verb", "");
              boolean dry = !labels.getOrDefault("dry_run", "").isEmpty();
              if (!READS.contains(verb) && !dry) {
                String sub = labels.getOrDefault("subresource", "");
                String kind =
                    labels.getOrDefault("resource", "") + (sub.isEmpty() ? "" : "/" + sub);
                writes.merge(verb + " " + kind, value(line), Double::sum);
              }
            });
    return writes;
  }

  static Map<String, String> labels(String line) {
    Map<String, String> labels = new HashMap<>();
    Matcher label = LABEL.matcher(line);
    while (label.find()) {
      labels.put(label.group(1), label.group(2));
    }
    return labels;
  }

  static double value(String line) {
    return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
  }

  /** What was used since then. */
  Usage since(Usage before) {
    return new Usage(minus(cpu, before.cpu), minus(writes, before.writes));
  }

  private static Map<String, Double> minus(Map<String, Double> now, Map<String, Double> before) {
    Map<String, Double> difference = new LinkedHashMap<>();
    now.forEach(
        (key, value) -> {
          double grown = value - before.getOrDefault(key, 0.0);
          if (grown > 0) {
            difference.put(key, grown);
          }
        });
    return difference;
  }

  /** Divided by the number of runs: CPU in milliseconds. */
  void perRun(ObjectNode into, int runs) {
    cpuPerRun(into.putObject("cpuMillisecondsPerRun"), runs);
    ObjectNode kinds = into.putObject("apiServerWritesPerRun");
    writes.forEach(
        (kind, count) -> {
          if (count / runs >= 0.01) {
            kinds.put(kind, Figures.round(count / runs, 2));
          }
        });
  }

  /** CPU in milliseconds, divided by the number of runs. */
  void cpuPerRun(ObjectNode into, int runs) {
    cpu.forEach((process, s) -> into.put(process, Figures.round(s * 1000 / runs, 3)));
  }
}
