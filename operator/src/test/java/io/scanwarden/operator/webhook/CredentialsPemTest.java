package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CredentialsPemTest {
  private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");
  private static final Credentials GOOD = made();
  private static final Credentials OTHER = made();

  private static Credentials made() {
    return new Renewal(new Issuer(), "scanwarden.ns.svc").anew("", NOW).credentials();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(Map<String, String> data, String field) {
    return new String(Base64.getDecoder().decode(data.get(field)), StandardCharsets.UTF_8);
  }

  @Test
  void readsWhatItWrites() throws CredentialsPem.Corrupt {
    Map<String, String> data = CredentialsPem.write(GOOD);

    assertThat(data).containsOnlyKeys("tls.crt", "tls.key", "ca.crt", "ca.key");
    assertThat(CredentialsPem.read(data)).isEqualTo(GOOD);
    assertThat(text(data, "tls.key")).startsWith("-----BEGIN PRIVATE KEY-----");
    assertThat(text(data, "ca.crt")).isEqualTo(CredentialsPem.authorities(GOOD));
  }

  @Test
  void readsAllAuthorities() throws CredentialsPem.Corrupt {
    Credentials two =
        new Credentials(
            List.of(OTHER.authorities().getFirst(), GOOD.authorities().getFirst()),
            OTHER.authorityKey(),
            GOOD.certificate(),
            GOOD.key());

    assertThat(CredentialsPem.read(CredentialsPem.write(two))).isEqualTo(two);
    assertThat(two.issuer()).isEqualTo(GOOD.authorities().getFirst());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tls.crt | ''              | tls.crt is missing",
        "tls.key | nonsense        | tls.key is no PEM",
        "ca.crt  | -----BEGIN CERTIFICATE----- | ca.crt is no PEM",
        "ca.key  | -----BEGIN PRIVATE KEY-----!-----END PRIVATE KEY----- | ca.key is no PEM",
      })
  void saysWhatIsWrong(String field, String content, String problem) {
    Map<String, String> data = new HashMap<>(CredentialsPem.write(GOOD));
    data.put(field, base64(content.replace("!", "\n!!!!\n")));

    assertThatThrownBy(() -> CredentialsPem.read(data))
        .isInstanceOf(CredentialsPem.Corrupt.class)
        .hasMessage(problem)
        .hasNoCause();
  }

  @ParameterizedTest
  @CsvSource({
    "tls.crt,the key is that of another certificate",
    "tls.key,the key is that of another certificate",
    "ca.crt,the authority's key is that of another certificate",
    "ca.key,the authority's key is that of another certificate"
  })
  void refusesWhatDoesNotBelongTogether(String field, String problem) {
    Map<String, String> data = new HashMap<>(CredentialsPem.write(GOOD));
    data.put(field, CredentialsPem.write(OTHER).get(field));

    assertThatThrownBy(() -> CredentialsPem.read(data))
        .isInstanceOf(CredentialsPem.Corrupt.class)
        .hasMessage(problem);
  }

  @Test
  void refusesACertificateOfAnotherAuthority() {
    Map<String, String> data = new HashMap<>(CredentialsPem.write(GOOD));
    data.put("ca.crt", CredentialsPem.write(OTHER).get("ca.crt"));
    data.put("ca.key", CredentialsPem.write(OTHER).get("ca.key"));

    assertThatThrownBy(() -> CredentialsPem.read(data))
        .isInstanceOf(CredentialsPem.Corrupt.class)
        .hasMessage("the certificate is signed by none of the authorities");
  }

  @Test
  void refusesFieldsOfOneAnother() {
    Map<String, String> data = CredentialsPem.write(GOOD);
    Map<String, String> swapped = new HashMap<>(data);
    swapped.put("tls.crt", data.get("tls.key"));
    assertThatThrownBy(() -> CredentialsPem.read(swapped))
        .hasMessage("tls.crt has something else than certificates");
    Map<String, String> both = new HashMap<>(data);
    both.put("tls.key", data.get("tls.crt"));
    assertThatThrownBy(() -> CredentialsPem.read(both))
        .hasMessage("tls.key has no private key in PKCS #8");
    assertThatThrownBy(() -> CredentialsPem.read(Map.of())).hasMessage("tls.crt is missing");
  }

  /** Whatever bytes somebody puts there: either they are good, or it is said that they are not. */
  @Test
  void nothingElseComesOfBrokenBytes() {
    Random random = new Random(7);
    Map<String, String> good = CredentialsPem.write(GOOD);
    List<String> fields = List.copyOf(good.keySet());
    int corrupt = 0;
    for (int i = 0; i < 2000; i++) {
      Map<String, String> data = new HashMap<>(good);
      String field = fields.get(random.nextInt(fields.size()));
      byte[] bytes = Base64.getDecoder().decode(good.get(field));
      for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      data.put(field, Base64.getEncoder().encodeToString(bytes));
      try {
        assertThat(CredentialsPem.read(data)).isNotNull();
      } catch (CredentialsPem.Corrupt e) {
        corrupt++;
      }
    }
    assertThat(corrupt).isGreaterThan(1000);
  }

  @Test
  void keysAreNotPrinted() {
    String key =
        text(CredentialsPem.write(GOOD), "tls.key").lines().skip(1).findFirst().orElseThrow();

    assertThat(GOOD.toString())
        .contains(GOOD.certificate().getSerialNumber().toString(16))
        .doesNotContain(key)
        .doesNotContainIgnoringCase("private");
  }
}
