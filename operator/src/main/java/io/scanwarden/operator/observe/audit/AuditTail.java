package io.scanwarden.operator.observe.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * What a file ends with.
 *
 * @param head the last line of an audit log; empty if there is none
 * @param torn the SHA-256 of what is behind it, without the newline at its end: lines that were not
 *     finished when a process or the machine ended
 * @param hasOpenEnd whether the newline at the end is missing
 */
record AuditTail(Optional<AuditHead> head, Optional<String> torn, boolean hasOpenEnd) {
  /** So much may be behind the last line; what is more was not left by a crash. */
  static final int MAX_BYTES = 2 * AuditLine.MAX_BYTES;

  /** How each line begins. */
  private static final String BEGINNING = "{\"time\":\"";

  /**
   * Reads the end of a file.
   *
   * @throws IOException when it cannot be read, or is none of an audit log
   */
  static AuditTail of(Path file) throws IOException {
    try (FileChannel read = FileChannel.open(file, StandardOpenOption.READ)) {
      Optional<AuditTail> tail = of(last(read), read.size() <= MAX_BYTES);
      return tail.orElseThrow(() -> new IOException(file + " does not end like an audit log"));
    }
  }

  private static byte[] last(FileChannel read) throws IOException {
    long from = Math.max(0, read.size() - MAX_BYTES);
    ByteBuffer bytes = ByteBuffer.allocate((int) (read.size() - from));
    int more = 0;
    while (bytes.hasRemaining() && more >= 0) {
      more = read.read(bytes, from + bytes.position());
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  /**
   * What these bytes end with.
   *
   * @param whole whether they are all that there is
   * @return empty if that is none of an audit log
   */
  private static Optional<AuditTail> of(byte[] bytes, boolean whole) {
    int end = lastNewline(bytes, bytes.length);
    while (end >= 0) {
      int start = lastNewline(bytes, end) + 1;
      Optional<AuditLine> line = AuditLine.read(Arrays.copyOfRange(bytes, start, end));
      if (line.isPresent()) {
        return Optional.of(behind(line.map(AuditLine::head), bytes, end + 1));
      }
      end = start - 1;
    }
    return whole && beginsLikeALine(bytes)
        ? Optional.of(behind(Optional.empty(), bytes, 0))
        : Optional.empty();
  }

  private static AuditTail behind(Optional<AuditHead> head, byte[] bytes, int start) {
    if (start == bytes.length) {
      return new AuditTail(head, Optional.empty(), false);
    }
    boolean open = bytes[bytes.length - 1] != '\n';
    byte[] torn = Arrays.copyOfRange(bytes, start, open ? bytes.length : bytes.length - 1);
    return new AuditTail(head, Optional.of(AuditLine.sha256(torn)), open);
  }

  private static boolean beginsLikeALine(byte[] bytes) {
    int length = Math.min(bytes.length, BEGINNING.length());
    return BEGINNING.startsWith(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
  }

  /** The index of the last newline before that index, or -1. */
  private static int lastNewline(byte[] bytes, int before) {
    int i = before - 1;
    while (i >= 0 && bytes[i] != '\n') {
      i--;
    }
    return i;
  }
}
