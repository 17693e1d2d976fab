package io.scanwarden.api.v1alpha1;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonGeneratorImpl;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that is kept as it came, in a seventh of the memory of its tree: UTF-8 bytes without
 * white space, fields in their order, numbers with all their digits. Immutable. Two are equal if
 * their bytes are: the order of fields counts.
 */
@JsonSerialize(using = RawJson.Serializer.class)
@JsonDeserialize(using = RawJson.Deserializer.class)
public final class RawJson {

  private final byte[] utf8;

  private RawJson(byte[] utf8) {
    this.utf8 = utf8;
  }

  /**
   * The value that {@code json} holds; white space around and inside is left out.
   *
   * @param json one JSON value in UTF-8
   * @throws IllegalArgumentException if it is no JSON, or not exactly one value
   */
  public static RawJson of(byte[] json) {
    try (JsonParser parser = ApiJson.FACTORY.createParser(json)) {
      if (parser.nextToken() == null) {
        throw new IllegalArgumentException("not a JSON value: empty");
      }
      RawJson value = read(parser);
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("more than one JSON value");
      }
      return value;
    } catch (IOException e) {
      throw new IllegalArgumentException("not a JSON value: " + e.getMessage(), e);
    }
  }

  /** A copy of the bytes. */
  public byte[] bytes() {
    return utf8.clone();
  }

  /** How many bytes there are. */
  public int length() {
    return utf8.length;
  }

  /** A stream over the bytes, which are not copied. */
  public InputStream newInputStream() {
    return new ByteArrayInputStream(utf8);
  }

  /**
   * Writes the bytes to a stream, which stays open.
   *
   * @throws IOException if the stream does
   */
  public void writeTo(OutputStream out) throws IOException {
    out.write(utf8);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RawJson that && Arrays.equals(utf8, that.utf8);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(utf8);
  }

  /** The JSON text. */
  @Override
  public String toString() {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /** Reads the value at which the parser stands, and leaves the parser at its last token. */
  private static RawJson read(JsonParser parser) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator generator = ApiJson.FACTORY.createGenerator(bytes)) {
      copy(parser, generator);
    }
    return new RawJson(bytes.toByteArray());
  }

  /**
   * Copies one value token by token: unlike Jackson's copyCurrentStructure, numbers keep their
   * digits.
   */
  private static void copy(JsonParser parser, JsonGenerator generator) throws IOException {
    int depth = 0;
    JsonToken token = parser.currentToken();
    while (true) {
      generator.copyCurrentEventExact(parser);
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      }
      if (depth == 0) {
        return;
      }
      token = parser.nextToken();
      if (token == null) {
        throw new IOException("unexpected end of a JSON value");
      }
    }
  }

  static final class Serializer extends StdSerializer<RawJson> {
    private static final long serialVersionUID = 1L;

    Serializer() {
      super(RawJson.class);
    }

    @Override
    public void serialize(RawJson value, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      if (generator instanceof JsonGeneratorImpl) {
        generator.writeRawValue(value.toString());
        return;
      }
      // Token buffers (trees, conversions between types) and YAML cannot take text as it is.
      try (JsonParser parser = ApiJson.FACTORY.createParser(value.utf8)) {
        parser.nextToken();
        copy(parser, generator);
      }
    }
  }

  static final class Deserializer extends StdDeserializer<RawJson> {
    private static final long serialVersionUID = 1L;

    Deserializer() {
      super(RawJson.class);
    }

    @Override
    public RawJson deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return read(parser);
    }
  }
}
