package io.scanwarden.operator.observe.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A log in a file that is only ever appended to. When it would become larger than allowed it is
 * renamed to {@code FILE.1}, that one to {@code FILE.2} and so on, and the oldest is deleted when
 * there are too many. The first line of a file follows the last line of the file before it.
 */
final class AuditFile implements AuditSink {
  private static final Set<OpenOption> APPEND =
      Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  private static final int BUFFER = 1 << 16;

  private final AuditParts parts;
  private final long maxBytes;
  private final int maxFiles;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
  private @Nullable FileChannel channel;

  /** The size of the file, with what is in the buffer. */
  private long size;

  /**
   * Prepares the log.
   *
   * @param maxBytes a file that has lines becomes no larger
   * @param maxFiles so many files at most, at least 2
   */
  AuditFile(Path file, long maxBytes, int maxFiles) {
    this.parts = new AuditParts(file);
    this.maxBytes = maxBytes;
    this.maxFiles = maxFiles;
  }

  /**
   * Goes on behind what is there. An unfinished line stays, and is ended by a newline: a file that
   * is only appended to can be protected by the operating system.
   *
   * @throws IOException when the file cannot be written, is none of an audit log, or is written by
   *     another process
   */
  @Override
  public Standing open() throws IOException {
    close();
    buffer.reset();
    openChannel();
    AuditTail tail = AuditTail.of(parts.file());
    AuditHead head = tail.head().isPresent() ? tail.head().get() : headOfPartBefore();
    if (tail.hasOpenEnd()) {
      buffer.write('\n'); // goes out together with the line that tells of it
      size++;
    }
    return new Standing(head, tail.torn());
  }

  private AuditHead headOfPartBefore() throws IOException {
    List<Integer> numbers = parts.numbers();
    return numbers.isEmpty()
        ? AuditHead.NONE
        : AuditTail.of(parts.part(numbers.getLast())).head().orElse(AuditHead.NONE);
  }

  private void openChannel() throws IOException {
    FileChannel opened = FileChannel.open(parts.file(), APPEND, onlyForTheOwner());
    channel = opened;
    try {
      FileLock lock = opened.tryLock();
      if (lock == null) {
        throw new IOException(parts.file() + " is written by another process");
      }
    } catch (OverlappingFileLockException e) {
      throw new IOException(parts.file() + " is written by this process already", e);
    }
    size = opened.size();
  }

  private static FileAttribute<?>[] onlyForTheOwner() {
    return FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }

  @Override
  public void append(AuditLine line) throws IOException {
    int length = line.bytes().length + 1;
    if (size > 0 && size + length > maxBytes) {
      sync();
      rotate();
    }
    buffer.write(line.bytes());
    buffer.write('\n');
    size += length;
    if (buffer.size() >= BUFFER) {
      flush();
    }
  }

  /** What a rotation that was interrupted has left, the next one puts right. */
  private void rotate() throws IOException {
    close();
    int free = 1;
    while (Files.exists(parts.part(free))) {
      free++;
    }
    int oldest = Math.min(free, maxFiles - 1);
    for (int number : parts.numbers()) {
      if (number >= maxFiles) {
        Files.delete(parts.part(number));
      }
    }
    for (int number = oldest; number > 0; number--) {
      Path before = number == 1 ? parts.file() : parts.part(number - 1);
      Files.move(
          before,
          parts.part(number),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    }
    openChannel();
  }

  @Override
  public void flush() throws IOException {
    write(opened(), buffer.toByteArray());
    buffer.reset();
  }

  private static void write(FileChannel to, byte[] bytes) throws IOException {
    ByteBuffer left = ByteBuffer.wrap(bytes);
    while (left.hasRemaining()) {
      to.write(left);
    }
  }

  @Override
  public void sync() throws IOException {
    flush();
    opened().force(false);
  }

  private FileChannel opened() throws IOException {
    FileChannel opened = channel;
    if (opened == null) {
      throw new IOException(parts.file() + " is not open");
    }
    return opened;
  }

  /** What was not flushed is lost. */
  @Override
  public void close() throws IOException {
    FileChannel opened = channel;
    channel = null;
    if (opened != null) {
      opened.close();
    }
  }
}
