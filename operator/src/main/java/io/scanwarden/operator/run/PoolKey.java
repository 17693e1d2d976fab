package io.scanwarden.operator.run;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Which WorkerPool. */
public record PoolKey(String namespace, String name) {
  /** Neither a name nor the value of a label can be this. */
  private static final String NONE = "*";

  /** Where the Jobs of a namespace wait that are in no pool: only for slots of their tenant. */
  public static PoolKey none(String namespace) {
    return new PoolKey(namespace, NONE);
  }

  /** Whether it stands for having no pool. */
  public boolean isNone() {
    return name.equals(NONE);
  }

  /** The pool that the labels of a Job or Pod in that namespace name. */
  public static Optional<PoolKey> of(String namespace, @Nullable Map<String, String> labels) {
    return Optional.ofNullable(labels)
        .flatMap(all -> Optional.ofNullable(all.get(Marks.POOL)))
        .map(
            name ->
                new PoolKey(
                    Objects.requireNonNull(labels).getOrDefault(Marks.POOL_NAMESPACE, namespace),
                    name));
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
