package io.scanwarden.operator.webhook;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * When certificates are made anew: long before they end, and so that whoever calls always trusts
 * whatever any replica serves. A new authority is trusted for a day before it signs what is served,
 * and an old one as long as what it has signed was served less than a day ago.
 */
final class Renewal {
  static final Duration AUTHORITY_LIFE = Duration.ofDays(2 * 365);
  static final Duration AUTHORITY_LEFT = Duration.ofDays(182);
  static final Duration SERVER_LIFE = Duration.ofDays(90);
  static final Duration SERVER_LEFT = Duration.ofDays(30);

  /** By then every replica serves, and every API server trusts, what was changed. */
  static final Duration SETTLED = Duration.ofDays(1);

  private final Issuer issuer;
  private final String serverName;

  /** New credentials, and what they are for, for the log. */
  record Renewed(Credentials credentials, String why) {}

  /**
   * Renews the certificate of one server.
   *
   * @param serverName under which it is called
   */
  Renewal(Issuer issuer, String serverName) {
    this.issuer = issuer;
    this.serverName = serverName;
  }

  /** All of it, where there is nothing that could be kept. */
  Renewed anew(String why, Instant now) {
    Issuer.Pair authority = issuer.authority(now, AUTHORITY_LIFE);
    return new Renewed(served(List.of(authority.certificate()), authority, now), why);
  }

  /** What is to take the place of these credentials; empty while they are good. */
  Optional<Renewed> next(Credentials known, Instant now) {
    X509Certificate newest = known.authorities().getFirst();
    boolean usable =
        Issuer.isFor(known.certificate(), serverName)
            && now.isBefore(known.end())
            && now.isBefore(end(known.issuer()));
    if (!now.isBefore(end(newest))) {
      return Optional.of(anew("the authority of the webhook's certificate has ended", now));
    }
    if (usable && !now.isBefore(end(newest).minus(AUTHORITY_LEFT))) {
      return Optional.of(withNewAuthority(known, now));
    }
    boolean ofNewest = known.issuer().equals(newest);
    boolean due = !usable || !now.isBefore(known.end().minus(SERVER_LEFT)) || !ofNewest;
    if (due && (!usable || ofNewest || isSettled(newest, now))) {
      return Optional.of(
          new Renewed(
              served(known.authorities(), new Issuer.Pair(newest, known.authorityKey()), now),
              usable
                  ? "the webhook's certificate was due for renewal"
                  : "the webhook's certificate has ended or is for another name than "
                      + serverName));
    }
    return withoutOldAuthorities(known, now);
  }

  private Credentials served(
      List<X509Certificate> authorities, Issuer.Pair authority, Instant now) {
    Issuer.Pair server = issuer.server(authority, serverName, now, SERVER_LIFE);
    return new Credentials(authorities, authority.key(), server.certificate(), server.key());
  }

  private Renewed withNewAuthority(Credentials known, Instant now) {
    Issuer.Pair authority = issuer.authority(now, AUTHORITY_LIFE);
    List<X509Certificate> authorities = new ArrayList<>();
    authorities.add(authority.certificate());
    authorities.addAll(known.authorities());
    return new Renewed(
        new Credentials(authorities, authority.key(), known.certificate(), known.key()),
        "the authority of the webhook's certificate was due for renewal");
  }

  private static Optional<Renewed> withoutOldAuthorities(Credentials known, Instant now) {
    List<X509Certificate> needed = List.of(known.authorities().getFirst(), known.issuer());
    if (needed.containsAll(known.authorities()) || !isSettled(known.certificate(), now)) {
      return Optional.empty();
    }
    return Optional.of(
        new Renewed(
            new Credentials(
                known.authorities().stream().filter(needed::contains).toList(),
                known.authorityKey(),
                known.certificate(),
                known.key()),
            "an authority that has signed nothing that is served is trusted no more"));
  }

  private static boolean isSettled(X509Certificate certificate, Instant now) {
    Instant made = certificate.getNotBefore().toInstant().plus(Issuer.BACKDATED);
    return !now.isBefore(made.plus(SETTLED));
  }

  private static Instant end(X509Certificate certificate) {
    return certificate.getNotAfter().toInstant();
  }
}
