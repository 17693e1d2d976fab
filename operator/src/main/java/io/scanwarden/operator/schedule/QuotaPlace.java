package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import io.scanwarden.operator.run.RunName;
import io.scanwarden.operator.tenant.QuotaAnswer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * What the runs of one schedule have of their tenant's quota, and what they ask for. A run that has
 * begun has its places, and so has one that was accepted before there was a quota. Not thread-safe:
 * its schedule's state guards it.
 */
final class QuotaPlace {
  /** Without an answer, or where a refusal is no reason to drop a run, it is asked again. */
  private static final Duration AGAIN = Duration.ofSeconds(2);

  private static final QuotaAnswer NOT_WANTED = new QuotaAnswer.Unknown("the run waits no more");

  /** A run that waits for one of these has not come to ask the quota. */
  private static final Set<WaitReason> NOT_ASKED =
      Set.of(
          WaitReason.TENANT_QUOTA, WaitReason.RECORDING, WaitReason.JITTER, WaitReason.SUSPENDED);

  /**
   * @param name of the run, under which what it is given is held
   * @param at when it asked
   */
  private record Asked(String name, CompletableFuture<QuotaAnswer> answer, Instant at) {}

  private final QuotaTurns quotas;
  private final ScheduleKey schedule;
  private boolean counts;
  // Most schedules have nothing of a quota most of the time.
  private Set<RunKey> accepted = Set.of();
  private Map<RunKey, Asked> asked = Map.of();
  private Map<String, Set<String>> held = Map.of();

  QuotaPlace(QuotaTurns quotas, ScheduleKey schedule) {
    this.quotas = quotas;
    this.schedule = schedule;
  }

  /**
   * Takes up runs that were accepted by somebody else, or before the schedule was a tenant's.
   *
   * @param claims that wait; those that may not have asked the quota do so now
   */
  void takeUp(Collection<Claim> claims) {
    counts = quotas.places().counts(schedule.namespace());
    accepted =
        claims.stream()
            .filter(claim -> !NOT_ASKED.contains(claim.reason()))
            .map(Claim::key)
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * What the quota has said.
   *
   * @param before those that wait now
   */
  Situation.Quota answers(Collection<Claim> before) {
    boolean countsNow = quotas.places().counts(schedule.namespace());
    if (countsNow && !counts) {
      takeUp(before);
    }
    counts = countsNow;
    if (!countsNow) {
      return Situation.Quota.NONE;
    }
    Set<RunKey> granted = new HashSet<>(accepted);
    Map<RunKey, String> refused = new HashMap<>();
    asked.forEach(
        (run, ask) -> {
          switch (ask.answer().getNow(new QuotaAnswer.Unknown(""))) {
            case QuotaAnswer.Granted() -> granted.add(run);
            case QuotaAnswer.Refused(var excess) -> refused.put(run, excess.message());
            case QuotaAnswer.Unknown unknown -> {}
          }
        });
    accepted = Set.copyOf(granted);
    return new Situation.Quota(true, accepted, Map.copyOf(refused));
  }

  /** Asks for those that wait for nothing but an answer, and have not asked. */
  void ask(String uid, Collection<Claim> claims, Instant now) {
    for (Claim claim : claims) {
      if (claim.reason() == WaitReason.TENANT_QUOTA && isToBeAsked(claim.key(), now)) {
        String name = name(uid, claim);
        CompletableFuture<QuotaAnswer> answer =
            quotas.places().ask(schedule.namespace(), name, Set.copyOf(jobs(uid, claim)));
        asked = new HashMap<>(asked);
        asked.put(claim.key(), new Asked(name, answer, now));
        var _ = answer.whenComplete((said, failure) -> quotas.turn().accept(schedule));
      }
    }
  }

  private boolean isToBeAsked(RunKey run, Instant now) {
    Asked before = asked.get(run);
    return before == null || (before.answer().isDone() && !now.isBefore(before.at().plus(AGAIN)));
  }

  /** When something is to be asked again. */
  Instant askAgainAt(Collection<Claim> claims) {
    return claims.stream()
        .filter(claim -> claim.reason() == WaitReason.TENANT_QUOTA)
        .map(claim -> asked.get(claim.key()))
        .filter(ask -> ask != null && ask.answer().isDone())
        .map(ask -> ask.at().plus(AGAIN))
        .min(Instant::compareTo)
        .orElse(Instant.MAX);
  }

  /** A Job of the schedule exists: it counts before the watch tells of it. */
  void created(Run run, int slots) {
    if (counts) {
      quotas.places().created(schedule.namespace(), run.name(), run.uid(), slots);
    }
  }

  /** How things stand: of the runs that wait, those that have their places hold them. */
  void follow(String uid, Collection<Claim> claims) {
    if (!counts && held.isEmpty() && asked.isEmpty()) {
      return;
    }
    Map<String, Set<String>> now = new HashMap<>();
    Set<RunKey> waiting = new HashSet<>();
    for (Claim claim : counts ? claims : List.<Claim>of()) {
      waiting.add(claim.key());
      if (claim.begun() || accepted.contains(claim.key())) {
        now.computeIfAbsent(name(uid, claim), run -> new HashSet<>()).addAll(jobs(uid, claim));
      }
    }
    if (!waiting.containsAll(asked.keySet())) {
      Map<RunKey, Asked> before = asked;
      asked = new HashMap<>(asked);
      asked.keySet().retainAll(waiting);
      before.forEach(
          (run, ask) -> {
            if (!waiting.contains(run) && !now.containsKey(ask.name())) {
              giveUp(ask);
            }
          });
    }
    accepted = accepted.stream().filter(waiting::contains).collect(Collectors.toUnmodifiableSet());
    now.forEach(
        (run, jobs) -> {
          if (!jobs.equals(held.get(run))) {
            quotas.places().hold(schedule.namespace(), run, jobs);
          }
        });
    held.keySet().stream()
        .filter(run -> !now.containsKey(run))
        .forEach(run -> quotas.places().hold(schedule.namespace(), run, Set.of()));
    held = Map.copyOf(now);
  }

  /** What has been given is given back; what has not, is not given any more. */
  private void giveUp(Asked ask) {
    boolean given =
        !ask.answer().complete(NOT_WANTED)
            && ask.answer().getNow(NOT_WANTED) instanceof QuotaAnswer.Granted;
    if (given && !held.containsKey(ask.name())) {
      quotas.places().hold(schedule.namespace(), ask.name(), Set.of());
    }
  }

  private String name(String uid, Claim claim) {
    return RunName.of(schedule.name(), uid, claim.key());
  }

  private Set<String> jobs(String uid, Claim claim) {
    return claim.targets().stream()
        .map(target -> new AttemptKey(claim.key(), target, claim.attempt()))
        .map(job -> RunName.of(schedule.name(), uid, job))
        .collect(Collectors.toSet());
  }
}
