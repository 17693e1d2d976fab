package io.scanwarden.operator.observe.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Optional;

/** A log in a stream, such as standard output: it begins anew with each process. */
final class AuditStream implements AuditSink {
  private final OutputStream out;
  private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
  private AuditHead flushed = AuditHead.NONE;
  private AuditHead added = AuditHead.NONE;

  /** The log in that stream, which is not closed with it. */
  AuditStream(OutputStream out) {
    this.out = out;
  }

  @Override
  public Standing open() {
    buffer.reset();
    added = flushed;
    return new Standing(flushed, Optional.empty());
  }

  @Override
  public void append(AuditLine line) {
    buffer.writeBytes(line.bytes());
    buffer.write('\n');
    added = line.head();
  }

  @Override
  public void flush() throws IOException {
    out.write(buffer.toByteArray());
    out.flush();
    buffer.reset();
    flushed = added;
  }

  @Override
  public void sync() throws IOException {
    flush();
  }

  @Override
  public void close() {
    buffer.reset();
  }
}
