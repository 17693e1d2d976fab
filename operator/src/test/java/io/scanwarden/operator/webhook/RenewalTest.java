package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RenewalTest {
  private static final Instant NOW = Instant.parse("2026-11-01T00:00:00Z");
  private static final Duration DAY = Duration.ofDays(1);

  private final Renewal renewal = new Renewal(new Issuer(), "scanwarden.ns.svc");
  private final Credentials first = renewal.anew("", NOW).credentials();

  private Optional<Credentials> next(Credentials known, Instant now) {
    return renewal.next(known, now).map(Renewal.Renewed::credentials);
  }

  @Test
  void whatIsGoodStays() {
    assertThat(next(first, NOW)).isEmpty();
    assertThat(next(first, end(first.certificate()).minus(Renewal.SERVER_LEFT).minusSeconds(1)))
        .isEmpty();
  }

  @Test
  void theCertificateIsRenewedByTheSameAuthority() throws Exception {
    Instant due = end(first.certificate()).minus(Renewal.SERVER_LEFT);

    Credentials second = next(first, due).orElseThrow();

    assertThat(second.authorities()).isEqualTo(first.authorities());
    assertThat(second.certificate().getSerialNumber())
        .isNotEqualTo(first.certificate().getSerialNumber());
    second.certificate().verify(first.authorities().getFirst().getPublicKey());
    assertThat(second.end()).isEqualTo(due.plus(Renewal.SERVER_LIFE));
    assertThat(next(second, due)).isEmpty();
  }

  @Test
  void aCertificateForAnotherNameIsReplacedAtOnce() {
    for (String name : List.of("127.0.0.1", "::1", "host.example")) {
      Renewal other = new Renewal(new Issuer(), name);

      Credentials replaced = other.next(first, NOW).orElseThrow().credentials();

      assertThat(replaced.authorities()).isEqualTo(first.authorities());
      assertThat(Issuer.isFor(replaced.certificate(), name)).isTrue();
      assertThat(Issuer.isFor(replaced.certificate(), "scanwarden.ns.svc")).isFalse();
      assertThat(other.next(replaced, NOW)).isEmpty();
    }
    assertThat(
            Issuer.isFor(
                new Renewal(new Issuer(), "0:0::1").anew("", NOW).credentials().certificate(),
                "::1"))
        .isTrue();
  }

  /** What ended while nobody was there. */
  @Test
  void whatHasEndedIsMadeAnew() {
    Instant after = first.end();
    Credentials renewed = next(first, after).orElseThrow();
    assertThat(renewed.authorities()).isEqualTo(first.authorities());
    assertThat(renewed.end()).isAfter(after);

    Instant muchLater = end(first.authorities().getFirst());
    Credentials anew = next(first, muchLater).orElseThrow();
    assertThat(anew.authorities()).doesNotContainAnyElementsOf(first.authorities());
    assertThat(next(anew, muchLater)).isEmpty();
  }

  /**
   * Ten years, day by day: who trusts what the Secret says, or said a day ago, trusts whatever is
   * served now or was served a day ago.
   */
  @Test
  void nobodyIsEverUntrusted() {
    List<Credentials> days = new ArrayList<>();
    Credentials known = first;
    for (Instant now = NOW; now.isBefore(NOW.plus(Duration.ofDays(3650))); now = now.plus(DAY)) {
      known = next(known, now).orElse(known);
      days.add(known);
      Instant today = now;
      Credentials yesterday = days.get(Math.max(0, days.size() - 2));
      for (Credentials served : List.of(known, yesterday)) {
        for (Credentials trusted : List.of(known, yesterday)) {
          assertThat(trusted.authorities()).as("on %s", today).contains(served.issuer());
        }
        assertThat(served.end()).isAfter(today.plus(Duration.ofDays(20)));
        assertThat(end(served.issuer())).isAfter(today.plus(Duration.ofDays(20)));
      }
      assertThat(known.authorities()).hasSizeLessThanOrEqualTo(2);
    }
    assertThat(days.stream().map(c -> c.authorities().getFirst()).distinct().count()).isEqualTo(7);
    assertThat(days.stream().map(Credentials::certificate).distinct().count()).isBetween(60L, 75L);
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }
}
