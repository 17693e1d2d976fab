package io.scanwarden.operator.observe.audit;

import io.micrometer.core.instrument.Counter;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.audit.AuditQueue.Recorded;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the audit log on one thread of its own: who records never waits. Lines are handed to the
 * operating system as they come, and are on the disk after a second at most. While they cannot be
 * written they wait; those for which there is no room any more are counted, and a line tells how
 * many they were.
 */
public final class AuditWriter implements AuditLog, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AuditWriter.class);

  /** Twice as many as 5,000 runs that are requested and start at once have. */
  private static final int QUEUE = 20_000;

  private static final long SYNC = Duration.ofSeconds(1).toNanos();
  private static final long TELL = Duration.ofMinutes(1).toNanos();
  private static final long RETRY_SECONDS = 1;
  private static final Duration LAST_WRITES = Duration.ofSeconds(1);

  private final AuditSink sink;
  private final String replica;
  private final InstantSource clock;
  private final LongSupplier nanoTime;
  private final Metrics metrics;
  private final Counter lines;
  private final Counter lost;
  private final AuditQueue queue;
  private final Thread writer;
  private volatile UnaryOperator<String> tenantOf = UnaryOperator.identity();
  private volatile AuditHead kept;

  // Of the writer's thread alone.
  private final Deque<Recorded> unwritten = new ArrayDeque<>();
  private AuditHead written = AuditHead.NONE;
  private AuditHead told;
  private long keptAt;
  private long toldAt;
  private boolean open;
  private boolean working = true;

  /**
   * Starts the log of a process.
   *
   * @param replica this process, as others see it: its identity in the election
   * @param clock of the times in lines
   * @throws IOException when the file cannot be written, or is none of an audit log
   */
  public static AuditWriter start(
      AuditOptions options, String replica, InstantSource clock, Metrics metrics)
      throws IOException {
    AuditSink sink =
        options.file().isPresent()
            ? new AuditFile(options.file().get(), options.maxBytes(), options.maxFiles())
            : new AuditStream(new FileOutputStream(FileDescriptor.out));
    return new AuditWriter(sink, replica, clock, System::nanoTime, metrics, QUEUE);
  }

  AuditWriter(
      AuditSink sink,
      String replica,
      InstantSource clock,
      LongSupplier nanoTime,
      Metrics metrics,
      int capacity)
      throws IOException {
    this.sink = sink;
    this.replica = replica;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.metrics = metrics;
    this.lines =
        Counter.builder("scanwarden.audit.lines")
            .description("Lines of the audit log that were written")
            .register(metrics.registry());
    this.lost =
        Counter.builder("scanwarden.audit.lines.lost")
            .description("Lines of the audit log that were not written")
            .register(metrics.registry());
    this.queue = new AuditQueue(capacity);
    open();
    this.kept = written;
    this.told = written;
    this.keptAt = nanoTime.getAsLong() - SYNC;
    this.toldAt = nanoTime.getAsLong();
    this.writer = Thread.ofPlatform().daemon().name("audit").unstarted(this::work);
    writer.start();
  }

  @Override
  public void record(AuditEntry entry) {
    AuditEntry whole =
        entry.tenant().isPresent() || entry.namespace().isEmpty()
            ? entry
            : entry.ofTenant(tenantOf.apply(entry.namespace().get()));
    if (!queue.offer(new Recorded(clock.instant(), whole))) {
      lost.increment();
    }
  }

  @Override
  public void tenants(UnaryOperator<String> newTenantOf) {
    tenantOf = newTenantOf;
  }

  /** This process, as it stands in its lines. */
  String replica() {
    return replica;
  }

  /** The last line that is on the disk. */
  AuditHead head() {
    return kept;
  }

  /** Writes what waits, for at most a second. */
  @Override
  public void close() {
    queue.close();
    try {
      if (!writer.join(LAST_WRITES)) {
        log.warn("The audit log takes too long; ending without its last lines");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    try (sink) {
      boolean closing;
      do {
        if (!working) {
          queue.awaitClose(RETRY_SECONDS); // what comes meanwhile stays in the queue
        }
        closing = queue.isClosed();
        if (working || closing) {
          take(closing ? 0 : patience());
        }
        working = write() && keep(closing);
        tell(closing);
      } while (!closing);
      if (!unwritten.isEmpty()) {
        lost.increment(unwritten.size());
        log.warn("The last {} lines of the audit log could not be written", unwritten.size());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      log.warn("The audit log could not be closed: {}", e.toString());
    }
  }

  private void take(long nanos) throws InterruptedException {
    AuditQueue.Batch batch = queue.take(nanos);
    unwritten.addAll(batch.recorded());
    if (batch.lost() > 0) {
      unwritten.add(new Recorded(clock.instant(), new AuditContent.Gap(batch.lost())));
    }
  }

  /** How long to wait for more before there is something else to do. */
  private long patience() {
    if (!written.equals(kept)) {
      return keptAt + SYNC - nanoTime.getAsLong();
    }
    return kept.equals(told) ? Long.MAX_VALUE : toldAt + TELL - nanoTime.getAsLong();
  }

  /** Whether all that was taken is written. */
  private boolean write() {
    try {
      if (!open) {
        open();
      }
      if (unwritten.isEmpty()) {
        return true;
      }
      AuditHead head = written;
      for (Recorded recorded : unwritten) {
        AuditLine line = AuditLine.after(head, recorded.time(), replica, recorded.content());
        sink.append(line);
        head = line.head();
      }
      sink.flush();
      lines.increment(unwritten.size());
      unwritten.clear();
      written = head;
      if (!working) {
        log.info("The audit log is written again, from line {} on", head.seq());
      }
      return true;
    } catch (IOException e) {
      failed(e);
      return false;
    }
  }

  private void open() throws IOException {
    AuditSink.Standing standing = sink.open();
    // What got there before the failure is not written again.
    for (long there = standing.head().seq() - written.seq();
        there > 0 && !unwritten.isEmpty();
        there--) {
      unwritten.removeFirst();
      lines.increment();
    }
    written = standing.head();
    standing
        .torn()
        .ifPresent(
            torn -> unwritten.addFirst(new Recorded(clock.instant(), new AuditContent.Torn(torn))));
    open = true;
  }

  private boolean keep(boolean now) {
    if (written.equals(kept) || (!now && nanoTime.getAsLong() - keptAt < SYNC)) {
      return true;
    }
    try {
      sink.sync();
    } catch (IOException e) {
      failed(e);
      return false;
    }
    kept = written;
    keptAt = nanoTime.getAsLong();
    return true;
  }

  /** Who has the head from elsewhere than the log's own disk can tell whether the log was cut. */
  private void tell(boolean now) {
    if (now || (!kept.equals(told) && nanoTime.getAsLong() - toldAt >= TELL)) {
      log.info("The audit log's head: line {}, hash {}", kept.seq(), kept.hash());
      told = kept;
      toldAt = nanoTime.getAsLong();
    }
  }

  private void failed(IOException e) {
    open = false;
    metrics.error("audit");
    if (working) {
      log.warn(
          "The audit log cannot be written; trying again every {} s: {}",
          RETRY_SECONDS,
          e.toString());
    }
  }
}
