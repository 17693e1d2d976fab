package io.scanwarden.operator.time;

import java.time.Month;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** A random expression and what it means: both are made together, nothing is parsed. */
record CronSample(String text, CronOracle oracle) {

  private static final List<String> MONTHS =
      List.of("jan", "Feb", "MAR", "apr", "May", "JUN", "jul", "Aug", "SEP", "oct", "Nov", "DEC");
  private static final List<String> DAYS = List.of("sun", "Mon", "TUE", "wed", "Thu", "FRI", "sat");

  private record Field(String text, Set<Integer> values, boolean star) {}

  static Arbitrary<CronSample> any() {
    return Combinators.combine(
            field(0, 59, List.of()),
            field(0, 23, List.of()),
            field(1, 31, List.of()),
            field(1, 12, MONTHS),
            field(0, 6, DAYS))
        .as(CronSample::of)
        .filter(sample -> !sample.isImpossible());
  }

  /** 30 February and the like. */
  private boolean isImpossible() {
    int first = oracle.daysOfMonth().nextSetBit(0);
    return oracle.anyDayOfWeek()
        && oracle.months().stream().allMatch(month -> first > Month.of(month).maxLength());
  }

  private static CronSample of(Field minute, Field hour, Field day, Field month, Field weekday) {
    return new CronSample(
        String.join(" ", minute.text, hour.text, day.text, month.text, weekday.text),
        new CronOracle(
            bits(minute),
            bits(hour),
            bits(day),
            day.star,
            bits(month),
            bits(weekday),
            weekday.star));
  }

  private static BitSet bits(Field field) {
    BitSet bits = new BitSet();
    field.values.forEach(bits::set);
    return bits;
  }

  private static Arbitrary<Field> field(int min, int max, List<String> names) {
    Arbitrary<Field> star =
        Arbitraries.of("*", "?", "*/1").map(text -> new Field(text, range(min, max, 1), true));
    Arbitrary<Field> list =
        item(min, max, names).list().ofMinSize(1).ofMaxSize(3).map(CronSample::union);
    return Arbitraries.frequencyOf(Tuple.of(2, star), Tuple.of(3, list));
  }

  private static Field union(List<Field> items) {
    Set<Integer> values = new TreeSet<>();
    items.forEach(item -> values.addAll(item.values));
    return new Field(
        items.stream().map(Field::text).collect(Collectors.joining(",")), values, false);
  }

  private static Arbitrary<Field> item(int min, int max, List<String> names) {
    Arbitrary<Integer> number = Arbitraries.integers().between(min, max);
    Arbitrary<Integer> step = Arbitraries.integers().between(2, max + 5);
    Arbitrary<Field> single =
        Combinators.combine(number, Arbitraries.of(true, false))
            .as((n, named) -> new Field(name(n, min, named, names), Set.of(n), false));
    Arbitrary<Field> range =
        Combinators.combine(number, number, Arbitraries.of(true, false))
            .as(
                (a, b, named) -> {
                  int from = Math.min(a, b);
                  int to = Math.max(a, b);
                  return new Field(
                      name(from, min, named, names) + "-" + name(to, min, named, names),
                      range(from, to, 1),
                      false);
                });
    Arbitrary<Field> starStep = step.map(s -> new Field("*/" + s, range(min, max, s), false));
    Arbitrary<Field> fromStep =
        Combinators.combine(number, step)
            .as((n, s) -> new Field(n + "/" + s, range(n, max, s), false));
    Arbitrary<Field> rangeStep =
        Combinators.combine(number, number, step)
            .as(
                (a, b, s) ->
                    new Field(
                        Math.min(a, b) + "-" + Math.max(a, b) + "/" + s,
                        range(Math.min(a, b), Math.max(a, b), s),
                        false));
    Arbitrary<Field> sunday =
        Arbitraries.of(
            new Field("7", Set.of(0), false),
            new Field("5-7", Set.of(5, 6, 0), false),
            new Field("sat-SUN", Set.of(6, 0), false),
            new Field("1-7/3", Set.of(1, 4, 0), false));
    return names == DAYS
        ? Arbitraries.oneOf(single, range, starStep, fromStep, rangeStep, sunday)
        : Arbitraries.oneOf(single, range, starStep, fromStep, rangeStep);
  }

  private static String name(int number, int min, boolean named, List<String> names) {
    return named && !names.isEmpty() ? names.get(number - min) : Integer.toString(number);
  }

  private static Set<Integer> range(int from, int to, int step) {
    return IntStream.rangeClosed(from, to)
        .filter(n -> (n - from) % step == 0)
        .boxed()
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
