package io.scanwarden.operator.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was recorded lately, of the objects last heard of: which Event a repetition belongs to, and
 * how many more an object may have. For one thread.
 */
final class EventHistory {
  static final int BURST = 25;
  private static final Duration REFILL = Duration.ofMinutes(1);
  private static final Duration SERIES = Duration.ofMinutes(10);
  private static final int REMEMBERED = 4096;

  /** What makes two Events the same. */
  record Key(String object, EventRecorder.Type type, String reason, String action, String note) {}

  /** An Event that was written, how often it has been observed, and when last. */
  record Series(String namespace, String name, int count, Instant last) {}

  private record Bucket(double tokens, Instant filled) {}

  private final Map<Key, Series> series = new Latest<>();
  private final Map<String, Bucket> buckets = new Latest<>();
  private long lastUnique;

  /** Takes a token of this object; false when there is none. */
  boolean allow(String object, Instant now) {
    Bucket bucket = buckets.getOrDefault(object, new Bucket(BURST, now));
    double gained =
        Math.max(0, Duration.between(bucket.filled(), now).toMillis() / (double) REFILL.toMillis());
    double tokens = Math.min(BURST, bucket.tokens() + gained);
    boolean allowed = tokens >= 1;
    buckets.put(object, new Bucket(allowed ? tokens - 1 : tokens, now));
    return allowed;
  }

  /** The Event that one more of the same belongs to. */
  Optional<Series> again(Key key, Instant now) {
    return Optional.ofNullable(series.get(key)).filter(s -> s.last().plus(SERIES).isAfter(now));
  }

  void created(Key key, Series written) {
    series.put(key, written);
  }

  /** That number or, if it was given before, one above the last. */
  long unique(long nanos) {
    lastUnique = Math.max(nanos, lastUnique + 1);
    return lastUnique;
  }

  private static final class Latest<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1L;

    Latest() {
      super(16, 0.75f, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.@Nullable Entry<K, V> eldest) {
      return size() > REMEMBERED;
    }
  }
}
