package io.scanwarden.operator.observe.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A line of the log: a JSON object in UTF-8 whose last member is {@code hash}. That is the SHA-256
 * of the line's bytes without this member: of all that stands before {@code ,"hash":}, and the
 * closing brace. The order of members and the way in which they are written count, so that whatever
 * byte is changed, the hash is another.
 */
final class AuditLine {

  /** Longer lines are none of an audit log. */
  static final int MAX_BYTES = 1 << 20;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final Pattern END = Pattern.compile(",\"hash\":\"([0-9a-f]{64})\"}");
  private static final int END_BYTES = ",\"hash\":\"".length() + 64 + "\"}".length();

  private final byte[] bytes;
  private final AuditHead head;
  private final String previous;
  private final Optional<String> torn;

  private AuditLine(byte[] bytes, AuditHead head, String previous, Optional<String> torn) {
    this.bytes = bytes;
    this.head = head;
    this.previous = previous;
    this.torn = torn;
  }

  /** The line that follows the one of that head. */
  static AuditLine after(AuditHead head, Instant time, String replica, AuditContent content) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("time", MILLIS.format(time)).put("replica", replica).put("seq", head.seq() + 1);
    Optional<String> torn = Optional.empty();
    switch (content) {
      case AuditEntry entry -> write(entry, line);
      case AuditContent.Gap(long lost) ->
          line.put("action", AuditAction.AUDIT_GAP.toString()).put("lost", lost);
      case AuditContent.Torn(String sha256) -> {
        line.put("action", AuditAction.AUDIT_TORN.toString()).put("torn", sha256);
        torn = Optional.of(sha256);
      }
    }
    line.put("previous", head.hash());
    String hash = sha256(line.toString().getBytes(StandardCharsets.UTF_8));
    byte[] bytes = line.put("hash", hash).toString().getBytes(StandardCharsets.UTF_8);
    return new AuditLine(bytes, new AuditHead(head.seq() + 1, hash), head.hash(), torn);
  }

  private static void write(AuditEntry entry, ObjectNode line) {
    line.put("action", entry.action().toString());
    entry.tenant().ifPresent(tenant -> line.put("tenant", tenant));
    entry.namespace().ifPresent(namespace -> line.put("namespace", namespace));
    line.put("object", entry.kind() + "/" + entry.name());
    entry.job().ifPresent(job -> line.put("job", job));
    entry.scheduledTime().ifPresent(time -> line.put("scheduledTime", time.toString()));
    entry.reason().ifPresent(reason -> line.put("reason", reason));
    entry
        .amounts()
        .ifPresent(
            amounts ->
                line.put("limit", amounts.limit())
                    .put("current", amounts.current())
                    .put("attempted", amounts.attempted()));
    entry.actor().ifPresent(actor -> line.put("actor", actor));
  }

  /**
   * Reads a line.
   *
   * @param bytes without the newline
   * @return empty if it is none of an audit log; otherwise it may still have been changed
   */
  static Optional<AuditLine> read(byte[] bytes) {
    if (bytes.length < END_BYTES) {
      return Optional.empty();
    }
    int split = bytes.length - END_BYTES;
    String end = new String(bytes, split, END_BYTES, StandardCharsets.ISO_8859_1);
    var hash = END.matcher(end);
    if (!hash.matches()) {
      return Optional.empty();
    }
    try {
      JsonNode line = JSON.readTree(bytes);
      JsonNode seq = line.path("seq");
      JsonNode previous = line.path("previous");
      if (!seq.canConvertToLong() || !seq.isIntegralNumber() || !previous.isTextual()) {
        return Optional.empty();
      }
      return Optional.of(
          new AuditLine(
              bytes,
              new AuditHead(seq.longValue(), hash.group(1)),
              previous.textValue(),
              Optional.of(line)
                  .filter(l -> AuditAction.AUDIT_TORN.toString().equals(l.path("action").asText()))
                  .map(l -> l.path("torn").asText())));
    } catch (IOException e) {
      return Optional.empty(); // no JSON, or not in UTF-8
    }
  }

  /** The line without its newline; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** Its number, and the hash that it says it has. */
  AuditHead head() {
    return head;
  }

  /** The hash that it says the line before has. */
  String previous() {
    return previous;
  }

  /** The hash that it says an unfinished line before it has. */
  Optional<String> torn() {
    return torn;
  }

  /** The hash of what the line says now. */
  String actualHash() {
    byte[] hashed = Arrays.copyOf(bytes, bytes.length - END_BYTES + 1);
    hashed[hashed.length - 1] = '}';
    return sha256(hashed);
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
