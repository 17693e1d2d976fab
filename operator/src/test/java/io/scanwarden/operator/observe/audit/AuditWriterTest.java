package io.scanwarden.operator.observe.audit;

import static io.scanwarden.operator.observe.audit.AuditLogs.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.observe.Metrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

@NullUnmarked
class AuditWriterTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();
  private final Disk disk = new Disk();
  private final Logger logger = (Logger) LoggerFactory.getLogger(AuditWriter.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();

  @BeforeEach
  void listen() {
    logger.setLevel(Level.INFO);
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void unlisten() {
    logger.detachAppender(logged);
    logger.setLevel(null);
  }

  @Test
  void allIsWrittenAtTheEnd() throws IOException {
    AuditWriter writer = writer(1_000);
    for (int run = 1; run <= 1_000; run++) {
      writer.record(started(run));
    }
    writer.close();

    assertThat(disk.lines()).hasSize(1_000).isEqualTo(disk.synced);
    assertThat(disk.lines().getLast()).contains("nightly-1000", "\"seq\":1000");
    assertThat(count("scanwarden.audit.lines")).isEqualTo(1_000);
    assertThat(writer.head()).isEqualTo(AuditLogs.head(disk.lines().getLast()));
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .last()
        .isEqualTo("The audit log's head: line 1000, hash " + writer.head().hash());

    writer.record(started(1_001));
    assertThat(count("scanwarden.audit.lines.lost")).isEqualTo(1);
  }

  @Test
  void anEntryIsOfItsNamespacesTenant() throws IOException {
    AuditWriter writer = writer(10);
    writer.record(started(1));
    writer.tenants(namespace -> "owner-of-" + namespace);
    writer.record(started(2));
    writer.record(started(3).ofTenant("known"));
    writer.record(AuditEntry.clusterWide(AuditAction.QUOTA_CHANGED, "TenantQuota", "team-a"));
    writer.close();

    assertThat(disk.lines().get(0)).contains("\"tenant\":\"team-a\"");
    assertThat(disk.lines().get(1)).contains("\"tenant\":\"owner-of-team-a\"");
    assertThat(disk.lines().get(2)).contains("\"tenant\":\"known\"");
    assertThat(disk.lines().get(3)).doesNotContain("\"tenant\"");
  }

  @Test
  void whoRecordsDoesNotWaitAndWhatIsTooMuchIsCounted() throws Exception {
    disk.block();
    AuditWriter writer = writer(3);
    writer.record(started(1));
    disk.awaitWriter();
    for (int run = 2; run <= 6; run++) {
      writer.record(started(run)); // 2 to 4 have room
    }
    assertThat(count("scanwarden.audit.lines.lost")).isEqualTo(2);

    disk.goOn();
    await().until(() -> disk.lines().size() == 5);
    writer.record(started(7));
    writer.close();

    assertThat(disk.lines()).hasSize(6);
    assertThat(disk.lines().get(3)).contains("nightly-4");
    assertThat(disk.lines().get(4)).contains("\"action\":\"AuditGap\",\"lost\":2");
    assertThat(disk.lines().get(5)).contains("nightly-7", "\"seq\":6");
  }

  @Test
  void whatCouldNotBeWrittenIsWrittenWhenItCan() throws IOException {
    AuditWriter writer = writer(10);
    disk.full = true;
    writer.record(started(1));
    await().until(() -> disk.refused > 0);
    writer.record(started(2));
    disk.full = false;
    await().until(() -> disk.lines().size() == 2);
    writer.close();

    assertThat(disk.lines()).extracting(line -> AuditLogs.head(line).seq()).containsExactly(1L, 2L);
    assertThat(count("scanwarden.audit.lines.lost")).isZero();
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .startsWith(
            "The audit log cannot be written; trying again every 1 s: java.io.IOException: No space"
                + " left on device",
            "The audit log is written again, from line 1 on");
  }

  @Test
  void whatGotThereBeforeAFailureIsNotWrittenTwice() throws IOException {
    AuditWriter writer = writer(10);
    disk.failAfter = 1;
    disk.block();
    writer.record(started(1));
    disk.awaitWriter();
    writer.record(started(2));
    writer.record(started(3));
    disk.goOn();
    await().until(() -> disk.lines().size() == 3);
    writer.close();

    assertThat(disk.lines())
        .extracting(line -> AuditLogs.head(line).seq())
        .containsExactly(1L, 2L, 3L);
  }

  @Test
  void aDiskThatStaysFullHoldsUpNoStop() throws IOException {
    AuditWriter writer = writer(10);
    disk.full = true;
    writer.record(started(1));
    writer.record(started(2));
    writer.close();

    assertThat(count("scanwarden.audit.lines.lost")).isEqualTo(2);
    assertThat(logged.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .contains("The last 2 lines of the audit log could not be written");
  }

  /** At least once a second, and not with each line. */
  @Test
  void theHeadIsThatOfTheDisk() throws IOException {
    AuditWriter writer = writer(10);
    writer.record(started(1));
    await().until(() -> writer.head().seq() == 1);
    writer.record(started(2));
    await().until(() -> disk.lines().size() == 2);
    assertThat(writer.head().seq()).isEqualTo(1);

    nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    writer.record(started(3));
    await().until(() -> writer.head().seq() == 3);
    writer.close();
  }

  @Test
  void theHeadIsToldOnceAMinute() throws IOException {
    AuditWriter writer = writer(10);
    writer.record(started(1));
    await().until(() -> writer.head().seq() == 1);
    assertThat(logged.list).isEmpty();

    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    writer.record(started(2));
    await().until(() -> logged.list.size() == 1);
    assertThat(logged.list.getFirst().getFormattedMessage())
        .isEqualTo("The audit log's head: line 2, hash " + writer.head().hash());
    writer.close();
  }

  @Test
  void aStreamBeginsAnewWithEachProcess() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int process = 1; process <= 2; process++) {
      AuditWriter writer =
          new AuditWriter(
              new AuditStream(out),
              "here",
              () -> AuditLogs.TIME,
              nanos::get,
              new Metrics(registry),
              10);
      writer.record(started(process));
      writer.close();
    }

    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .extracting(line -> AuditLogs.head(line).seq())
        .containsExactly(1L, 1L);
  }

  private AuditWriter writer(int capacity) throws IOException {
    return new AuditWriter(
        disk, "here", () -> AuditLogs.TIME, nanos::get, new Metrics(registry), capacity);
  }

  private double count(String name) {
    return registry.get(name).counter().count();
  }

  /** A disk that is slow, full or broken when the test says so. */
  private static final class Disk implements AuditSink {
    private final List<AuditLine> added = new ArrayList<>();
    private final List<AuditLine> written = new ArrayList<>();
    private volatile List<String> synced = List.of();
    private volatile boolean full;
    private volatile int refused;

    /** The first flush of more than that fails when so many are written; -1 for never. */
    private volatile int failAfter = -1;

    private volatile CountDownLatch writing = new CountDownLatch(0);
    private volatile CountDownLatch goOn = new CountDownLatch(0);

    void block() {
      writing = new CountDownLatch(1);
      goOn = new CountDownLatch(1);
    }

    void awaitWriter() {
      await().until(() -> writing.getCount() == 0);
    }

    void goOn() {
      goOn.countDown();
    }

    synchronized List<String> lines() {
      return written.stream().map(l -> new String(l.bytes(), StandardCharsets.UTF_8)).toList();
    }

    @Override
    public synchronized Standing open() {
      added.clear();
      return new Standing(
          written.isEmpty() ? AuditHead.NONE : written.getLast().head(), Optional.empty());
    }

    @Override
    public synchronized void append(AuditLine line) {
      added.add(line);
    }

    @Override
    public void flush() throws IOException {
      writing.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      writeAll();
    }

    private synchronized void writeAll() throws IOException {
      if (full) {
        refused = refused + 1;
        throw new IOException("No space left on device");
      }
      if (failAfter >= 0 && added.size() > failAfter) {
        written.addAll(added.subList(0, failAfter));
        failAfter = -1;
        throw new IOException("Input/output error");
      }
      written.addAll(added);
      added.clear();
    }

    @Override
    public synchronized void sync() {
      synced = lines();
    }

    @Override
    public void close() {}
  }
}
