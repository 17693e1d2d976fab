package io.scanwarden.operator.observe;

import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventSeriesBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes Events of {@code events.k8s.io/v1} on one thread of its own, from a bounded queue: who
 * records never waits. The same again within ten minutes becomes a series of the first. One object
 * gets at most 25 Events in a burst and then one a minute, as in client-go.
 */
public final class KubernetesEventRecorder implements EventRecorder, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(KubernetesEventRecorder.class);
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  static final String CONTROLLER = "scanwarden.io/operator";

  /** As many as 5,000 runs that start and end at once have. */
  static final int QUEUE = 10_000;

  /** So long an Event gives way to what is more urgent. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** How often to look whether there still is, and between two Events that did wait so long. */
  private static final Duration LOOK = Duration.ofMillis(50);

  private static final int NOTE_BYTES = 1024;
  private static final Duration LAST_WRITES = Duration.ofMillis(500);

  private record Happening(
      ObjectReference regarding,
      Type type,
      String reason,
      String action,
      String note,
      Instant time) {
    EventHistory.Key key() {
      return new EventHistory.Key(objectKey(), type, reason, action, note);
    }

    String objectKey() {
      return regarding.getKind()
          + "/"
          + regarding.getNamespace()
          + "/"
          + regarding.getName()
          + "/"
          + regarding.getUid();
    }
  }

  private final KubernetesClient client;
  private final String instance;
  private final InstantSource clock;
  private final Metrics metrics;
  private final EventHistory history = new EventHistory();
  private final BlockingQueue<Happening> queue = new ArrayBlockingQueue<>(QUEUE);
  private final Thread writer;
  private volatile BooleanSupplier urgent = () -> false;
  private final CountDownLatch stop = new CountDownLatch(1);
  private volatile boolean closing;

  /**
   * Starts the writer.
   *
   * @param instance this process, as others see it: its identity in the election
   * @param clock of the times in Events
   */
  public KubernetesEventRecorder(
      KubernetesClient client, String instance, InstantSource clock, Metrics metrics) {
    this.client = client;
    this.instance = cut(instance, 128);
    this.clock = clock;
    this.metrics = metrics;
    this.writer = Thread.ofPlatform().daemon().name("events").start(this::work);
  }

  @Override
  public void record(
      ObjectReference regarding, Type type, String reason, String action, String message) {
    Happening happening =
        new Happening(regarding, type, reason, action, cut(message, NOTE_BYTES), clock.instant());
    if (closing || !queue.offer(happening)) {
      metrics.eventDropped("QueueFull");
    }
  }

  @Override
  public void behind(BooleanSupplier somethingUrgent) {
    urgent = somethingUrgent;
  }

  /** Writes what waits, for at most half a second. */
  @Override
  public void close() {
    close(LAST_WRITES);
  }

  void close(Duration lastWrites) {
    closing = true;
    stop.countDown();
    try {
      if (queue.isEmpty()) {
        // The writer may be waiting for more, or at its last one.
        writer.join(Duration.ofMillis(20));
        writer.interrupt();
      }
      if (!writer.join(lastWrites)) {
        writer.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try {
      while (!(closing && queue.isEmpty())) {
        Happening next = queue.take();
        giveWay(next);
        write(next);
      }
    } catch (InterruptedException e) {
      log.debug("No more Events are written");
    }
  }

  /** Even while there is more urgent work, Events go out, slowly, when they get old. */
  private void giveWay(Happening next) throws InterruptedException {
    Instant latest = next.time().plus(PATIENCE);
    boolean goOn = false;
    while (!goOn && urgent.getAsBoolean()) {
      goOn = stop.await(LOOK.toMillis(), TimeUnit.MILLISECONDS) || clock.instant().isAfter(latest);
    }
  }

  private void write(Happening happening) throws InterruptedException {
    try {
      // Warnings have an allowance of their own: what goes well often must not hide what does not.
      if (!history.allow(happening.objectKey() + "/" + happening.key().type(), happening.time())) {
        metrics.eventDropped("RateLimited");
        return;
      }
      Optional<EventHistory.Series> known = history.again(happening.key(), happening.time());
      if (known.isEmpty() || !extend(known.get(), happening)) {
        create(happening);
      }
    } catch (RuntimeException e) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedException();
      }
      metrics.eventDropped("Failed");
      log.debug(
          "Event {} about {} was not written: {}",
          happening.reason(),
          happening.objectKey(),
          e.getMessage());
    }
  }

  private void create(Happening h) {
    ObjectReference regarding = h.regarding();
    String namespace = Optional.ofNullable(regarding.getNamespace()).orElse("default");
    // Unique, as client-go's: the object's name and the time in nanoseconds.
    long nanos = ChronoUnit.NANOS.between(Instant.EPOCH, h.time());
    String name = regarding.getName() + "." + Long.toHexString(history.unique(nanos));
    Event event =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(name)
            .endMetadata()
            .withEventTime(new MicroTime(MICROS.format(h.time())))
            .withReportingController(CONTROLLER)
            .withReportingInstance(instance)
            .withType(h.type().text())
            .withReason(h.reason())
            .withAction(h.action())
            .withRegarding(regarding)
            .withNote(h.note())
            .build();
    client.resource(event).create();
    history.created(h.key(), new EventHistory.Series(namespace, name, 1, h.time()));
  }

  /** One more of the same; false when the Event is gone. */
  private boolean extend(EventHistory.Series series, Happening h) {
    Event more =
        new EventBuilder()
            .withNewMetadata()
            .withNamespace(series.namespace())
            .withName(series.name())
            .endMetadata()
            .withSeries(
                new EventSeriesBuilder()
                    .withCount(series.count() + 1)
                    .withLastObservedTime(new MicroTime(MICROS.format(h.time())))
                    .build())
            .build();
    try {
      // Not by name and a patch as text: the client would read the Event before.
      client.resource(more).patch(PatchContext.of(PatchType.JSON_MERGE));
    } catch (KubernetesClientException e) {
      if (e.getCode() == 404) {
        return false;
      }
      throw e;
    }
    history.created(
        h.key(),
        new EventHistory.Series(series.namespace(), series.name(), series.count() + 1, h.time()));
    return true;
  }

  /** At most so many bytes of UTF-8, no character torn. */
  static String cut(String text, int bytes) {
    if (text.length() * 3L <= bytes) {
      return text;
    }
    CharsetEncoder encoder = StandardCharsets.UTF_8.newEncoder();
    CharBuffer in = CharBuffer.wrap(text);
    encoder.encode(in, ByteBuffer.allocate(bytes), true);
    return text.substring(0, in.position());
  }
}
