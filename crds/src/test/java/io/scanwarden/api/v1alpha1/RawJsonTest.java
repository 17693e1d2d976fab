package io.scanwarden.api.v1alpha1;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RawJsonTest {

  private final ObjectMapper mapper = ApiJson.newMapper();

  private record Holder(RawJson raw) {}

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "null",
        "true",
        "\"text\"",
        "0.5",
        "1.10",
        "12345678901234567890123",
        "0.1000000000000000055511151231257827",
        "{\"b\":1,\"a\":{\"c\":[1,2.50,null,\"ä\\\"\\n😀\"]}}"
      })
  void keepsAnyValueAsItIs(String json) throws IOException {
    RawJson raw = RawJson.of(json.getBytes(UTF_8));

    assertThat(raw).hasToString(json);
    assertThat(raw.length()).isEqualTo(json.getBytes(UTF_8).length);
    assertThat(mapper.writeValueAsString(raw)).isEqualTo(json);
    assertThat(mapper.writeValueAsString(List.of(raw, raw)))
        .isEqualTo("[" + json + "," + json + "]");
    assertThat(raw.newInputStream().readAllBytes()).isEqualTo(raw.bytes());
  }

  @Test
  void readsAnyValueInsideAnother() throws IOException {
    Holder holder = mapper.readValue("{\"raw\" : { \"x\" : [ 1 , 2.0 ] } }", Holder.class);

    assertThat(holder.raw()).hasToString("{\"x\":[1,2.0]}");
    assertThat(mapper.writeValueAsString(holder)).isEqualTo("{\"raw\":{\"x\":[1,2.0]}}");
    assertThat(mapper.readValue("{\"raw\":null}", Holder.class).raw()).isNull();
  }

  @Test
  void becomesAnOrdinaryTreeWhereTextCannotGo() {
    Holder holder = new Holder(RawJson.of("{\"x\":[1,0.5]}".getBytes(UTF_8)));

    JsonNode tree = mapper.valueToTree(holder);
    assertThat(tree.at("/raw/x/1").isNumber()).isTrue();
    assertThat(mapper.convertValue(tree, Holder.class)).isEqualTo(holder);
    assertThat(new KubernetesSerialization(mapper, true).asYaml(holder)).contains("- 0.5");
  }

  @Test
  void isEqualByBytes() {
    RawJson one = RawJson.of("{\"a\": 1}".getBytes(UTF_8));
    RawJson spaced = RawJson.of(" { \"a\" :1 }\n".getBytes(UTF_8));
    RawJson other = RawJson.of("{\"a\":1.0}".getBytes(UTF_8));

    assertThat(one).isEqualTo(spaced).hasSameHashCodeAs(spaced).isNotEqualTo(other);
  }

  @Test
  void isNotChangedThroughItsBytes() throws IOException {
    byte[] given = "{\"a\":1}".getBytes(UTF_8);
    RawJson raw = RawJson.of(given);
    Arrays.fill(given, (byte) 'x');
    Arrays.fill(raw.bytes(), (byte) 'x');

    ByteArrayOutputStream out = new ByteArrayOutputStream();
    raw.writeTo(out);
    assertThat(out).hasToString("{\"a\":1}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "{", "{\"a\":}", "[1", "1 2", "{} x", "nul", "\"a"})
  void refusesWhatIsNotOneValue(String json) {
    assertThatThrownBy(() -> RawJson.of(json.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("JSON value");
  }

  @Test
  void readsWhatTheApiServerAccepts() throws IOException {
    int depth = 9_990;
    String deep = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
    String longName = "{\"" + "k".repeat(60_000) + "\":1}";

    for (String json : List.of(deep, longName)) {
      Holder holder = mapper.readValue("{\"raw\":" + json + "}", Holder.class);
      assertThat(holder.raw()).hasToString(json);
      assertThat(mapper.writeValueAsString(holder)).isEqualTo("{\"raw\":" + json + "}");
    }
  }
}
