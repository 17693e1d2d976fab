package io.scanwarden.operator.tenant;

import io.scanwarden.api.v1alpha1.QuotaReservation;
import io.scanwarden.api.v1alpha1.QuotaState;
import io.scanwarden.api.v1alpha1.QuotaUsages;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import io.scanwarden.operator.run.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the status of one TenantQuota, which is its account, by compare-and-swap: all that was
 * asked meanwhile in one write. On the leader each write counts what exists as well, and takes back
 * what was promised in vain. Thread-safe.
 */
final class QuotaWriter {
  private static final Logger log = LoggerFactory.getLogger(QuotaWriter.class);

  /**
   * No request that was allowed is still under way after that time: the API server gives each up
   * after a minute.
   */
  static final Duration PROMISE = Duration.ofSeconds(60);

  /** What is freed near a limit is given to others within a second. */
  static final Duration SOON = Duration.ofMillis(300);

  /** Far from any limit nobody waits for what is freed. */
  static final Duration LATER = Duration.ofSeconds(5);

  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** Where a right is missing, somebody has to do something first. */
  private static final Duration RARELY = Duration.ofMinutes(1);

  /** Others write too; each of the writes that is in the way was somebody's success. */
  private static final int TRIES = 100;

  /** Runs something on another thread, later. */
  @FunctionalInterface
  interface Later {
    /**
     * After so long.
     *
     * @throws RejectedExecutionException if nothing is run any more
     */
    void run(Runnable action, Duration delay);
  }

  private record Answered(QuotaAsk ask, QuotaAnswer answer) {
    boolean isGranted() {
      return answer instanceof QuotaAnswer.Granted;
    }
  }

  private record Outcome(List<Answered> answers, TenantQuotaStatus status) {
    boolean refuses() {
      return !answers.stream().allMatch(Answered::isGranted);
    }

    /** Whether places were given of which the status will not tell. */
    boolean givesUnseen() {
      return answers.stream().anyMatch(a -> a.ask() instanceof QuotaAsk.Accept && a.isGranted());
    }
  }

  private final String name;
  private final QuotaApi api;
  private final Holdings holdings;
  private final Supplier<Optional<QuotaCount>> leader;
  private final Later executor;
  private final InstantSource clock;
  private final LongSupplier nanos;
  private final TenantMetrics metrics;
  // Of the one thread that works.
  private final Map<QuotaReservation, Long> seen = new HashMap<>();
  private int failures;

  // Guarded by this.
  private List<QuotaAsk> asks = new ArrayList<>();
  private @Nullable QuotaVersion known;
  private boolean working;
  private boolean counting;
  private boolean countAsked;
  private boolean looking;

  /**
   * A writer that knows nothing yet.
   *
   * @param name of the quota
   * @param leader what counts, while this process leads
   * @param nanos the time since any moment
   */
  QuotaWriter(
      String name,
      QuotaApi api,
      Holdings holdings,
      Supplier<Optional<QuotaCount>> leader,
      Later executor,
      InstantSource clock,
      LongSupplier nanos,
      TenantMetrics metrics) {
    this.name = name;
    this.api = api;
    this.holdings = holdings;
    this.leader = leader;
    this.executor = executor;
    this.clock = clock;
    this.nanos = nanos;
    this.metrics = metrics;
  }

  /**
   * The watch tells of a version of the quota; what is older than what is known is of the past.
   * What somebody else has written the leader looks at: a promise to be taken back some time, or
   * what is not true.
   */
  synchronized void read(QuotaVersion quota) {
    if (learn(quota)) {
      count();
    }
  }

  private synchronized boolean learn(QuotaVersion quota) {
    if (known != null && known.uid().equals(quota.uid()) && quota.order() <= known.order()) {
      return false;
    }
    known = quota;
    return true;
  }

  /** The latest version that this process knows of; none before the first. */
  synchronized Optional<QuotaVersion> latest() {
    return Optional.ofNullable(known);
  }

  /** Asks; the answer comes when it is written. */
  synchronized void ask(QuotaAsk ask) {
    asks.add(ask);
    work();
  }

  /** Something that counts is different: the leader counts, soon. */
  synchronized void count() {
    if (countAsked || leader.get().isEmpty()) {
      return;
    }
    countAsked = true;
    later(isNear(known) ? SOON : LATER);
  }

  /** The leader counts, now. */
  synchronized void countNow() {
    if (leader.get().isPresent()) {
      counting = true;
      work();
    }
  }

  private static boolean isNear(@Nullable QuotaVersion quota) {
    QuotaState state = quota == null ? null : quota.status().state();
    return state == null || state.compareTo(QuotaState.NEAR_LIMIT) >= 0;
  }

  private void later(Duration delay) {
    after(delay, this::countNow);
  }

  private void after(Duration delay, Runnable action) {
    try {
      executor.run(action, delay);
    } catch (RejectedExecutionException e) {
      log.debug("closing", e);
    }
  }

  /** The lock is held. */
  private void work() {
    if (working) {
      return;
    }
    try {
      executor.run(this::run, Duration.ZERO);
      working = true;
    } catch (RejectedExecutionException e) {
      List<QuotaAsk> left = asks;
      asks = new ArrayList<>();
      left.forEach(ask -> ask.answer().complete(new QuotaAnswer.Unknown("the operator stops")));
    }
  }

  private void run() {
    while (true) {
      List<QuotaAsk> batch;
      synchronized (this) {
        if (asks.isEmpty() && !counting) {
          working = false;
          return;
        }
        batch = asks;
        asks = new ArrayList<>();
        counting = false;
        countAsked = false;
      }
      batch.removeIf(ask -> ask.answer().isDone());
      try {
        commit(batch);
        failures = 0;
      } catch (IOException | RuntimeException e) {
        log.warn("TenantQuota {}: {}", name, e.getMessage());
        metrics.failed();
        batch.forEach(
            ask ->
                ask.answer()
                    .complete(
                        new QuotaAnswer.Unknown(
                            "TenantQuota " + name + " cannot be written: " + e.getMessage())));
        if (leader.get().isPresent()) {
          later(Backoff.doubled(AGAIN, RARELY, ++failures));
        }
      }
    }
  }

  private void commit(List<QuotaAsk> batch) throws IOException {
    Optional<QuotaVersion> quota = latest();
    boolean fresh = false;
    for (int i = 0; i < TRIES; i++) {
      if (quota.isEmpty()) {
        quota = api.get(name);
        fresh = true;
        if (quota.isEmpty()) {
          answer(batch, new QuotaAnswer.Unknown("TenantQuota " + name + " does not exist"));
          return;
        }
        learn(quota.get());
      }
      Optional<QuotaCount> count = leader.get();
      Optional<Outcome> outcome = decide(quota.get(), count, batch);
      if (!fresh && outcome.filter(o -> !o.refuses()).isEmpty()) {
        quota = Optional.empty(); // what is known may be of the past; nobody is refused for that
        continue;
      }
      if (outcome.isEmpty()) {
        answer(batch, new QuotaAnswer.Unknown("TenantQuota " + name + " has not been counted yet"));
        return;
      }
      Optional<TenantQuotaStatus> freed = freed(quota.get(), count, outcome.get());
      if (freed.isPresent()) {
        quota = write(quota.get(), freed.get(), true) ? latest() : Optional.empty();
        continue;
      }
      if (write(quota.get(), outcome.get().status(), count.isPresent())) {
        tell(outcome.get(), count);
        count.ifPresent(c -> lookAfterPromises(outcome.get().status()));
        return;
      }
      metrics.conflict();
      quota = Optional.empty();
    }
    throw new IOException("others write it all the time");
  }

  /**
   * What is to be written before runs get the places that have just become free, where it would not
   * be seen in the status that they did: another replica that takes over the place of an object,
   * because that still exists, must find that the status is another one when it is gone.
   */
  private Optional<TenantQuotaStatus> freed(
      QuotaVersion quota, Optional<QuotaCount> count, Outcome outcome) throws IOException {
    if (!outcome.givesUnseen() || !outcome.status().equals(quota.status())) {
      return Optional.empty();
    }
    return decide(quota, count, List.of())
        .map(Outcome::status)
        .filter(status -> !status.equals(quota.status()));
  }

  /** Returns whether the API server has this status now. */
  private boolean write(QuotaVersion quota, TenantQuotaStatus status, boolean leads)
      throws IOException {
    if (status.equals(quota.status())) {
      return true;
    }
    Optional<QuotaVersion> written = api.write(quota, status, leads);
    written.ifPresent(this::learn);
    return written.isPresent();
  }

  private Optional<Outcome> decide(
      QuotaVersion quota, Optional<QuotaCount> count, List<QuotaAsk> batch) throws IOException {
    if (count.isPresent()) {
      Set<QuotaReservation> over = over(quota, count.get());
      QuotaAccount account = count.get().account(quota, over::contains);
      Set<String> namespaces = count.get().namespaces(quota);
      List<Answered> answers = answers(batch, account, namespaces, true);
      return Optional.of(new Outcome(answers, count.get().status(quota, account, clock.instant())));
    }
    Optional<QuotaAccount> account = QuotaAccount.of(name, quota.limits(), quota.status());
    if (account.isEmpty()) {
      return Optional.empty();
    }
    Set<String> namespaces =
        Set.copyOf(Objects.requireNonNullElse(quota.status().namespaces(), List.of()));
    List<Answered> answers = answers(batch, account.get(), namespaces, false);
    return Optional.of(new Outcome(answers, promised(quota.status(), account.get())));
  }

  private List<Answered> answers(
      List<QuotaAsk> batch, QuotaAccount account, Set<String> namespaces, boolean leads)
      throws IOException {
    List<Answered> answers = new ArrayList<>(batch.size());
    for (QuotaAsk ask : batch) {
      QuotaAnswer answer =
          namespaces.contains(ask.namespace())
              ? answer(ask, account, leads)
              : new QuotaAnswer.Unknown(
                  "TenantQuota " + name + " has not counted namespace " + ask.namespace() + " yet");
      answers.add(new Answered(ask, answer));
    }
    return answers;
  }

  private QuotaAnswer answer(QuotaAsk ask, QuotaAccount account, boolean leads) throws IOException {
    Optional<Excess> excess;
    switch (ask) {
      case QuotaAsk.Reserve(QuotaRequest request, var _) ->
          excess = account.reserve(request, exists(request), clock.instant());
      case QuotaAsk.Accept run -> {
        if (!leads) {
          return new QuotaAnswer.Unknown("this process does not lead");
        }
        excess = account.accept(run.jobs().size());
      }
    }
    return excess.<QuotaAnswer>map(QuotaAnswer.Refused::new).orElseGet(QuotaAnswer.Granted::new);
  }

  /**
   * Whether an object has the name already. That it was seen here is not enough: the place of one
   * that is gone may have been given away. Asked after the status was read, since that is another
   * one as soon as the place is.
   */
  private boolean exists(QuotaRequest request) throws IOException {
    return holdings.uid(request.kind(), request.namespace(), request.name()).isPresent()
        && api.uid(request.kind().toString(), request.namespace(), request.name()).isPresent();
  }

  /** What a replica may say: what was promised. */
  private static TenantQuotaStatus promised(TenantQuotaStatus status, QuotaAccount account) {
    QuotaUsages usage = account.usage();
    return new TenantQuotaStatus(
        status.observedGeneration(),
        status.conditions(),
        status.namespaces(),
        QuotaAccount.worst(usage),
        usage,
        account.reservations(),
        status.term());
  }

  private void tell(Outcome outcome, Optional<QuotaCount> count) {
    for (Answered answered : outcome.answers()) {
      boolean held =
          answered.ask() instanceof QuotaAsk.Accept run
              && answered.isGranted()
              && count.isPresent()
              && count.get().accepted(run);
      boolean told = answered.ask().answer().complete(answered.answer());
      if (held && !told && answered.ask() instanceof QuotaAsk.Accept run) {
        count.get().givenUp(run); // nobody waits for it any more
      }
    }
  }

  private static void answer(List<QuotaAsk> batch, QuotaAnswer answer) {
    batch.forEach(ask -> ask.answer().complete(answer));
  }

  // ---- promises

  /** By this process's own time: the clocks of others may differ. */
  private Set<QuotaReservation> over(QuotaVersion quota, QuotaCount count) {
    Set<QuotaReservation> over = new HashSet<>();
    long now = nanos.getAsLong();
    for (QuotaReservation promise : reservations(quota.status())) {
      Long since = seen.get(promise);
      if (since != null && now - since >= PROMISE.toNanos() && isOver(promise, count)) {
        over.add(promise);
      }
    }
    return over;
  }

  /** In doubt the place is kept: that one cannot be asked for holds up none of the others. */
  private boolean isOver(QuotaReservation promise, QuotaCount count) {
    try {
      return count.isOver(promise);
    } catch (IOException e) {
      log.debug("TenantQuota {}: {}", name, promise, e);
      return false;
    }
  }

  private void lookAfterPromises(TenantQuotaStatus status) {
    long now = nanos.getAsLong();
    List<QuotaReservation> promises = reservations(status);
    seen.keySet().retainAll(Set.copyOf(promises));
    promises.forEach(promise -> seen.putIfAbsent(promise, now));
    seen.values().stream()
        .min(Long::compare)
        .map(oldest -> Duration.ofNanos(oldest + PROMISE.toNanos() - now))
        .ifPresent(left -> lookAgain(left.compareTo(AGAIN) < 0 ? AGAIN : left));
  }

  private synchronized void lookAgain(Duration delay) {
    if (!looking) {
      looking = true;
      after(
          delay,
          () -> {
            synchronized (this) {
              looking = false;
            }
            countNow();
          });
    }
  }

  private static List<QuotaReservation> reservations(TenantQuotaStatus status) {
    return Objects.requireNonNullElse(status.reservations(), List.of());
  }
}
