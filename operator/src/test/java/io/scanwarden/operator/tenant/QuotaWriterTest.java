package io.scanwarden.operator.tenant;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.api.v1alpha1.QuotaReservation;
import io.scanwarden.api.v1alpha1.QuotaUsages;
import io.scanwarden.api.v1alpha1.TenantQuotaStatus;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.JobResource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several replicas write one quota, as the API server lets them. */
@NullUnmarked // statuses have all that is read here
class QuotaWriterTest {
  private static final Instant T = Instant.parse("2026-03-01T12:00:00Z");
  private static final int LIMIT = 5;
  private static final TenantLimits LIMITS =
      new TenantLimits(
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.empty(),
          OptionalInt.of(LIMIT),
          OptionalInt.empty());

  /** The API server: one quota, and the schedules of one namespace. */
  private static final class Server implements QuotaApi {
    private final Map<String, String> schedules = new HashMap<>();
    private QuotaVersion quota = quota(LIMITS);
    private long versions;
    private int uids;
    private int writes;
    private int most;
    private Runnable beforeWrite = () -> {};

    @Override
    public Optional<QuotaVersion> get(String name) {
      return Optional.of(quota);
    }

    @Override
    public Optional<QuotaVersion> write(
        QuotaVersion read, TenantQuotaStatus status, boolean leads) {
      Runnable before = beforeWrite;
      beforeWrite = () -> {};
      before.run();
      if (read.order() != quota.order()) {
        return Optional.empty();
      }
      writes++;
      quota = quota.with(status, String.valueOf(quota.order() + 1));
      return Optional.of(quota);
    }

    @Override
    public Optional<String> uid(String resource, String namespace, String name) {
      return Optional.ofNullable(schedules.get(name));
    }

    String nextUid() {
      return "uid-" + uids++;
    }

    /** Returns whether it was created. */
    boolean create(String name) {
      return create(name, nextUid());
    }

    boolean create(String name, String uid) {
      boolean created = schedules.putIfAbsent(name, uid) == null;
      most = Math.max(most, schedules.size());
      return created;
    }
  }

  /** One process: what it has heard of the server, and its writer. */
  private static final class Replica {
    private final Server server;
    private final Holdings holdings = new Holdings();
    private final Deque<Runnable> actions = new ArrayDeque<>();
    private final List<Runnable> later = new ArrayList<>();
    private final Metrics metrics = new Metrics(new SimpleMeterRegistry());
    private long nanos;
    private Optional<QuotaCount> leader = Optional.empty();
    private final QuotaWriter writer;

    Replica(Server server) {
      this.server = server;
      writer =
          new QuotaWriter(
              "team-a",
              server,
              holdings,
              () -> leader,
              (action, delay) -> {
                if (delay.isZero()) {
                  actions.add(action);
                } else {
                  later.add(action);
                }
              },
              () -> T.plusNanos(nanos),
              () -> nanos,
              new TenantMetrics(metrics));
    }

    void hearAll() {
      Set<String> gone = new HashSet<>(heard);
      gone.removeAll(server.schedules.keySet());
      gone.forEach(this::hear);
      Set.copyOf(server.schedules.keySet()).forEach(this::hear);
    }

    private final Set<String> heard = new HashSet<>();
    private final Map<String, String> known = new HashMap<>();

    void hear(String name) {
      heard.add(name);
      String before = known.get(name);
      String uid = server.schedules.get(name);
      if (before != null && !before.equals(uid)) {
        holdings.scheduleGone("ns", name, before);
        known.remove(name);
      }
      if (uid != null) {
        holdings.schedule("ns", name, uid, ++server.versions);
        known.put(name, uid);
      }
    }

    void lead() {
      hearAll();
      leader = Optional.of(new Count(this));
      writer.countNow();
    }

    CompletableFuture<QuotaAnswer> ask(String name) {
      return ask(name, server.nextUid());
    }

    CompletableFuture<QuotaAnswer> ask(String name, String uid) {
      CompletableFuture<QuotaAnswer> answer = new CompletableFuture<>();
      writer.ask(
          new QuotaAsk.Reserve(
              new QuotaRequest(QuotaRequest.Kind.SCHEDULE, "ns", name, uid, false), answer));
      return answer;
    }

    CompletableFuture<QuotaAnswer> accept(String run, String... jobs) {
      CompletableFuture<QuotaAnswer> answer = new CompletableFuture<>();
      writer.ask(new QuotaAsk.Accept("ns", run, Set.of(jobs), answer));
      return answer;
    }

    void work() {
      while (!actions.isEmpty()) {
        actions.remove().run();
      }
    }

    void wait(Duration time) {
      nanos += time.toNanos();
      List<Runnable> due = List.copyOf(later);
      later.clear();
      due.forEach(Runnable::run);
    }
  }

  private record Count(Replica replica) implements QuotaCount {
    @Override
    public QuotaAccount account(QuotaVersion quota, Predicate<QuotaReservation> over) {
      QuotaAccount account = QuotaAccount.uncounted("team-a", quota.limits(), quota.status());
      account.count(
          replica.holdings.totals(Set.of("ns")),
          r ->
              replica.holdings.uid(
                  QuotaRequest.Kind.of(r.resource()).orElseThrow(), r.namespace(), r.name()),
          over);
      return account;
    }

    @Override
    public Set<String> namespaces(QuotaVersion quota) {
      return Set.of("ns");
    }

    @Override
    public TenantQuotaStatus status(QuotaVersion quota, QuotaAccount account, Instant now) {
      return new TenantQuotaStatus(
          1L,
          null,
          List.of("ns"),
          QuotaAccount.worst(account.usage()),
          account.usage(),
          account.reservations(),
          1L);
    }

    @Override
    public boolean accepted(QuotaAsk.Accept run) {
      return replica.holdings.accept(run.namespace(), run.run(), run.jobs());
    }

    @Override
    public void givenUp(QuotaAsk.Accept run) {
      replica.holdings.giveUp(run.namespace(), run.run(), run.jobs());
    }

    @Override
    public boolean isOver(QuotaReservation reservation) throws IOException {
      if (reservation.name().equals("..")) {
        throw new IOException("Moved Permanently");
      }
      Optional<String> uid = replica.server.uid("", "", reservation.name());
      return uid.isEmpty()
          || uid.equals(
              replica.holdings.uid(
                  QuotaRequest.Kind.SCHEDULE, reservation.namespace(), reservation.name()));
    }
  }

  private final Server server = new Server();

  @Test
  void nothingIsPromisedBeforeALeaderHasCounted() {
    Replica replica = new Replica(server);

    CompletableFuture<QuotaAnswer> answer = replica.ask("a");
    replica.work();

    assertThat(answer)
        .isCompletedWithValue(
            new QuotaAnswer.Unknown("TenantQuota team-a has not been counted yet"));
    assertThat(server.writes).isZero();
  }

  @Test
  void aStandbyWritesPromisesOnly() {
    counted();
    Replica replica = new Replica(server);
    replica.writer.read(server.quota);
    int before = server.writes;

    replica.writer.count();
    replica.writer.countNow();
    replica.wait(QuotaWriter.LATER);
    replica.work();

    assertThat(server.writes).isEqualTo(before);
    assertThat(replica.ask("a")).isNotDone();
    replica.work();
    assertThat(server.writes).isEqualTo(before + 1);
  }

  @Test
  void allThatIsAskedMeanwhileIsAnsweredByOneWrite() {
    Replica replica = counted();
    int before = server.writes;

    List<CompletableFuture<QuotaAnswer>> answers =
        List.of("a", "b", "c", "d", "e", "f", "g").stream().map(replica::ask).toList();
    replica.work();

    assertThat(server.writes).isEqualTo(before + 1);
    assertThat(answers.stream().map(CompletableFuture::join).toList())
        .filteredOn(QuotaAnswer.Granted.class::isInstance)
        .hasSize(LIMIT);
    assertThat(answers.get(6).join())
        .isEqualTo(new QuotaAnswer.Refused(new Excess("team-a", "schedules", LIMIT, LIMIT, 1)));
  }

  @Test
  void whoIsOvertakenDecidesAnew() {
    Replica first = counted();
    Replica second = new Replica(server);
    second.writer.read(server.quota);
    for (String name : List.of("a", "b", "c", "d")) {
      var _ = first.ask(name);
    }
    first.work();
    server.beforeWrite =
        () -> {
          var _ = first.ask("e");
          first.work();
        };

    CompletableFuture<QuotaAnswer> answer = second.ask("f");
    second.work();

    assertThat(answer.join()).isInstanceOf(QuotaAnswer.Refused.class);
  }

  @Test
  void nobodyIsRefusedForWhatIsOfThePast() {
    Replica leader = counted();
    server.create("a");
    for (String name : List.of("b", "c", "d", "e")) {
      server.create(name);
    }
    leader.hearAll();
    leader.writer.countNow();
    leader.work();
    Replica replica = new Replica(server);
    replica.writer.read(server.quota);
    server.schedules.remove("a");
    leader.hearAll();
    leader.writer.countNow();
    leader.work();

    CompletableFuture<QuotaAnswer> answer = replica.ask("f");
    replica.work();

    assertThat(answer.join()).isInstanceOf(QuotaAnswer.Granted.class);
  }

  @Test
  void aPromiseInVainComesBackAfterAMinute() {
    Replica leader = counted();
    var _ = leader.ask("never");
    leader.work();
    assertThat(current()).isEqualTo(1);

    leader.wait(Duration.ofSeconds(30));
    leader.work();
    assertThat(current()).isEqualTo(1);
    leader.wait(QuotaWriter.PROMISE);
    leader.work();

    assertThat(current()).isZero();
    assertThat(server.quota.status().reservations()).isEmpty();
    int writes = server.writes;
    leader.wait(QuotaWriter.PROMISE);
    leader.work();
    assertThat(server.writes).as("writes at rest").isEqualTo(writes);
  }

  @Test
  void whatAnotherReplicaPromisedInVainComesBackToo() {
    Replica leader = counted();
    Replica replica = new Replica(server);
    var _ = replica.ask("never");
    replica.work();
    assertThat(current()).isEqualTo(1);

    leader.writer.read(server.quota);
    leader.wait(QuotaWriter.LATER);
    leader.work();
    leader.wait(QuotaWriter.PROMISE);
    leader.work();

    assertThat(current()).isZero();
    assertThat(server.quota.status().reservations()).isEmpty();
  }

  @Test
  void whatSomebodyWritesIntoTheStatusIsPutRight() {
    Replica leader = counted();
    server.create("a");
    leader.hearAll();
    leader.writer.countNow();
    leader.work();
    QuotaUsages none = QuotaAccount.uncounted("team-a", LIMITS, server.quota.status()).usage();
    TenantQuotaStatus forged =
        new TenantQuotaStatus(1L, null, List.of("ns"), null, none, List.of(), 1L);
    server.quota = server.quota.with(forged, String.valueOf(server.quota.order() + 1));

    leader.writer.read(server.quota);
    leader.wait(QuotaWriter.LATER);
    leader.work();

    assertThat(current()).isEqualTo(1);
    int writes = server.writes;
    leader.writer.read(server.quota);
    leader.wait(QuotaWriter.LATER);
    leader.work();
    assertThat(server.writes).as("its own writes are no news").isEqualTo(writes);
  }

  @Test
  void aPromiseThatCannotBeAskedForHoldsUpNoOther() {
    Replica leader = counted();
    var _ = leader.ask("..");
    var _ = leader.ask("never");
    leader.work();

    leader.wait(QuotaWriter.PROMISE);
    leader.work();

    assertThat(server.quota.status().reservations())
        .extracting(QuotaReservation::name)
        .containsExactly("..");
  }

  @Test
  void whoIsRefusedForANamespaceIsRefusedByTheLatestStatus() {
    Replica leader = counted();
    Replica replica = new Replica(server);
    TenantQuotaStatus status = server.quota.status();
    TenantQuotaStatus before =
        new TenantQuotaStatus(1L, null, List.of(), null, status.usage(), List.of(), 1L);
    replica.writer.read(server.quota.with(before, "0"));
    leader.hearAll();

    CompletableFuture<QuotaAnswer> answer = replica.ask("a");
    replica.work();

    assertThat(answer.join()).isInstanceOf(QuotaAnswer.Granted.class);
  }

  @Test
  void aRunThatIsGivenUpMeanwhileHoldsNothing() {
    server.quota = quota(jobs(3));
    Replica leader = counted();
    CompletableFuture<QuotaAnswer> answer = leader.accept("run", "run-1", "run-2");
    server.beforeWrite = () -> answer.complete(new QuotaAnswer.Unknown("nobody waits"));
    leader.work();

    leader.writer.countNow();
    leader.work();

    assertThat(server.quota.status().usage().activeJobs().current()).isZero();
  }

  /**
   * A Job that exists is asked for again, and is deleted; the leader gives its place to a run,
   * which the status would not show.
   */
  @Test
  void aPlaceIsNotTakenOverOnceARunHasIt() {
    server.quota = quota(jobs(1));
    Replica leader = counted();
    Replica replica = new Replica(server);
    server.create("a");
    for (Replica each : List.of(leader, replica)) {
      each.holdings.created("ns", "a", server.uid("jobs", "ns", "a").orElseThrow(), 1);
    }
    leader.writer.countNow();
    leader.work();
    replica.writer.read(server.quota);
    List<CompletableFuture<QuotaAnswer>> runs = new ArrayList<>();
    server.beforeWrite =
        () -> {
          String uid = server.schedules.remove("a");
          leader.holdings.gone(job("a", uid));
          runs.add(leader.accept("run", "run-1"));
          leader.work();
        };

    CompletableFuture<QuotaAnswer> again = new CompletableFuture<>();
    replica.writer.ask(
        new QuotaAsk.Reserve(new QuotaRequest(QuotaRequest.Kind.JOB, "ns", "a", "", false), again));
    replica.work();

    assertThat(runs.getFirst().join()).isInstanceOf(QuotaAnswer.Granted.class);
    assertThat(again.join()).isInstanceOf(QuotaAnswer.Refused.class);
  }

  private static JobResource job(String name, String uid) {
    JobResource job = new JobResource();
    job.setMetadata(
        new ObjectMetaBuilder().withNamespace("ns").withName(name).withUid(uid).build());
    return job;
  }

  private static TenantLimits jobs(int limit) {
    return new TenantLimits(
        OptionalInt.of(limit),
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalInt.empty());
  }

  private static QuotaVersion quota(TenantLimits limits) {
    return new QuotaVersion(
        "team-a",
        "quota-uid",
        "1",
        1,
        1,
        Optional.empty(),
        limits,
        new TenantQuotaStatus(null, null, null, null, null, null, null));
  }

  /**
   * An object of the name exists when its creation is asked for, and is deleted before that lands:
   * its place must not be given to another one meanwhile.
   */
  @Test
  void whoTakesOverAPlaceKeepsIt() {
    Replica leader = counted();
    for (String name : List.of("a", "b", "c", "d", "e")) {
      server.create(name);
    }
    leader.hearAll();
    leader.writer.countNow();
    leader.work();

    CompletableFuture<QuotaAnswer> again = leader.ask("a");
    leader.work();
    server.schedules.remove("a");
    leader.hearAll();
    leader.writer.countNow();
    leader.work();
    CompletableFuture<QuotaAnswer> other = leader.ask("f");
    leader.work();

    assertThat(again.join()).isInstanceOf(QuotaAnswer.Granted.class);
    assertThat(other.join()).isInstanceOf(QuotaAnswer.Refused.class);
  }

  /** The second request lands first, and its object is deleted before the first request lands. */
  @Test
  void whereANameWasPromisedTwiceEitherMayBeTheLastToLand() {
    Replica leader = counted();
    for (String name : List.of("b", "c", "d", "e")) {
      server.create(name);
    }
    leader.hearAll();
    leader.writer.countNow();
    leader.work();
    CompletableFuture<QuotaAnswer> first = leader.ask("a", "first");
    leader.work();
    CompletableFuture<QuotaAnswer> second = leader.ask("a", "second");
    leader.work();
    assertThat(List.of(first.join(), second.join()))
        .allMatch(QuotaAnswer.Granted.class::isInstance);

    server.create("a", "second");
    leader.hearAll();
    leader.writer.countNow();
    leader.work();
    server.schedules.remove("a");
    leader.hearAll();
    leader.writer.countNow();
    leader.work();
    CompletableFuture<QuotaAnswer> other = leader.ask("f");
    leader.work();

    assertThat(other.join()).isInstanceOf(QuotaAnswer.Refused.class);
    server.create("a", "first");
    assertThat(server.schedules).hasSize(LIMIT);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void whateverHappensTheLimitHolds(long seed) throws IOException {
    Random random = new Random(seed);
    List<Replica> replicas =
        new ArrayList<>(List.of(new Replica(server), new Replica(server), new Replica(server)));
    Replica leader = replicas.getFirst();
    leader.lead();
    leader.work();
    List<Creation> asked = new ArrayList<>();
    List<Creation> allowed = new ArrayList<>();
    int created = 0;
    for (int i = 0; i < 2_000; i++) {
      Replica some = replicas.get(random.nextInt(replicas.size()));
      String name = "s" + random.nextInt(12);
      switch (random.nextInt(10)) {
        case 0, 1, 2 -> {
          String uid = server.nextUid();
          asked.add(new Creation(name, uid, some.ask(name, uid)));
        }
        case 3 -> server.schedules.remove(name);
        case 4, 5 -> some.hear(name);
        case 6 -> some.writer.read(server.quota);
        case 7 -> some.work();
        case 8 -> {
          Replica other = replicas.get(random.nextInt(replicas.size()));
          server.beforeWrite = other == some ? () -> {} : other::work;
          some.work();
        }
        default -> {
          if (random.nextInt(200) == 0) {
            // It crashes, and another takes over; what was asked of it is never answered.
            replicas.remove(leader);
            replicas.add(new Replica(server));
            leader = replicas.get(random.nextInt(replicas.size()));
            leader.lead();
          }
        }
      }
      List<Creation> answered = asked.stream().filter(a -> a.answer().isDone()).toList();
      asked.removeAll(answered);
      answered.stream()
          .filter(a -> a.answer().join() instanceof QuotaAnswer.Granted)
          .forEach(allowed::add);
      // They land later, in any order; some are refused by somebody else.
      while (!allowed.isEmpty() && random.nextInt(3) == 0) {
        Creation creation = allowed.remove(random.nextInt(allowed.size()));
        if (random.nextInt(4) > 0) {
          created += server.create(creation.name(), creation.uid()) ? 1 : 0;
        }
      }
    }
    assertThat(server.most).isLessThanOrEqualTo(LIMIT);
    assertThat(created).as("were created").isGreaterThan(20);

    for (int i = 0; i < 3; i++) {
      leader.hearAll();
      leader.wait(QuotaWriter.PROMISE);
      leader.work();
    }
    assertThat(current()).as("in the end").isEqualTo(server.schedules.size());
    assertThat(server.quota.status().reservations()).isEmpty();
  }

  /** What the API server does with a request once it is allowed. */
  private record Creation(String name, String uid, CompletableFuture<QuotaAnswer> answer) {}

  private Replica counted() {
    Replica leader = new Replica(server);
    leader.lead();
    leader.work();
    return leader;
  }

  private int current() {
    return server.quota.status().usage().schedules().current();
  }
}
