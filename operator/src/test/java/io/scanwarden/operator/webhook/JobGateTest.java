package io.scanwarden.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.scanwarden.api.v1alpha1.JobDefaults;
import io.scanwarden.api.v1alpha1.WorkerPoolSpec;
import io.scanwarden.operator.pool.PoolSpec;
import io.scanwarden.operator.run.PoolKey;
import io.scanwarden.operator.time.InvalidScheduleException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobGateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final PoolKey NIGHTLY = new PoolKey("team-a", "nightly");

  private final Map<PoolKey, PoolSpec> pools = new HashMap<>();
  private final Map<PoolKey, Integer> waiting = new HashMap<>();
  private final JobGate gate =
      new JobGate(
          namespace -> !namespace.equals("unwatched"),
          (pool, namespace) -> Optional.ofNullable(pools.get(pool)),
          pool -> waiting.getOrDefault(pool, 0));

  private void pool(PoolKey pool, @Nullable Integer maxQueued, @Nullable JobDefaults defaults)
      throws InvalidScheduleException {
    pools.put(
        pool,
        PoolSpec.of(
            new WorkerPoolSpec(
                null, null, null, null, null, maxQueued, null, null, null, defaults)));
  }

  private Gating create(String job) throws JsonProcessingException {
    return decide("CREATE", "team-a", job, "null");
  }

  private Gating update(String before, String job) throws JsonProcessingException {
    return decide("UPDATE", "team-a", job, before);
  }

  private Gating decide(String operation, String namespace, String job, String before)
      throws JsonProcessingException {
    return gate.decide(
        (ObjectNode)
            JSON.readTree(
                "{'operation':'%s','namespace':'%s','object':%s,'oldObject':%s}"
                    .formatted(operation, namespace, job, before)
                    .replace('\'', '"')));
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return JSON.readTree(text.replace('\'', '"'));
  }

  private static void assertQueued(Gating gating, String job) throws JsonProcessingException {
    assertThat(gating).isInstanceOf(Gating.Queued.class);
    assertThat(((Gating.Queued) gating).job()).isEqualTo(json(job));
  }

  private static final String POD = "'spec':{'containers':[{'name':'c'}]}";

  @Test
  void aNewJobIsSuspendedAndQueued() throws JsonProcessingException {
    assertQueued(
        create(
            "{'metadata':{'labels':{'scanwarden.io/pool':'nightly','app':'x'}},"
                + "'spec':{'suspend':false,'template':{'metadata':{'labels':{'tier':'z'}},"
                + POD
                + "}}}"),
        "{'metadata':{'labels':{'scanwarden.io/pool':'nightly','app':'x','scanwarden.io/queued':'true'}},"
            + "'spec':{'suspend':true,'template':{'metadata':{'labels':{'tier':'z',"
            + "'scanwarden.io/pool':'nightly'}},"
            + POD
            + "}}}");
  }

  @Test
  void whateverTheMarkSaysWhoHasItIsInTheQueue() throws Exception {
    pool(NIGHTLY, 1, null);
    waiting.put(NIGHTLY, 1);

    Gating gating =
        create(
            "{'metadata':{'labels':{'scanwarden.io/pool':'nightly','scanwarden.io/queued':'no'}},"
                + "'spec':{'suspend':true,'template':{%s}}}".formatted(POD));

    assertThat(gating).isInstanceOf(Gating.QueueFull.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'template':{%s}",
        "'template':{'metadata':null,%s}",
        "'template':{'metadata':{'labels':null},%s}",
        "'suspend':null,'template':{'metadata':{'labels':{'scanwarden.io/pool':'mine',"
            + "'scanwarden.io/pool-namespace':'else'}},%s}"
      })
  void itsPodsSayWhosePoolTheyAreIn(String spec) throws JsonProcessingException {
    Gating gating =
        create(
            "{'metadata':{'labels':{'scanwarden.io/pool':'nightly'}},'spec':{%s}}"
                .formatted(spec.formatted(POD)));

    assertThat(((Gating.Queued) gating).job().at("/spec/template/metadata/labels"))
        .isEqualTo(json("{'scanwarden.io/pool':'nightly'}"));
  }

  @Test
  void oneForThePoolOfAnotherNamespaceGetsItsDefaults() throws Exception {
    pool(new PoolKey("scans", "nightly"), null, new JobDefaults("low", null, null, null));
    pool(NIGHTLY, null, new JobDefaults("high", null, null, null));

    ObjectNode job =
        ((Gating.Queued)
                create(
                    "{'metadata':{'labels':{'scanwarden.io/pool':'nightly',"
                        + "'scanwarden.io/pool-namespace':'scans'}},'spec':{'template':{"
                        + POD
                        + "}}}"))
            .job();

    assertThat(job.at("/spec/template/spec/priorityClassName").asText()).isEqualTo("low");
    assertThat(job.at("/spec/template/metadata/labels"))
        .isEqualTo(json("{'scanwarden.io/pool':'nightly','scanwarden.io/pool-namespace':'scans'}"));
  }

  @Test
  void oneThatItsAuthorSuspendsIsOnlyPrepared() throws Exception {
    pool(NIGHTLY, 0, new JobDefaults("low", null, null, null));

    Gating gating = create(suspended(""));

    assertThat(gating).isInstanceOf(Gating.Prepared.class);
    JsonNode job = ((Gating.Prepared) gating).job();
    assertThat(job.at("/metadata/labels")).isEqualTo(json("{'scanwarden.io/pool':'nightly'}"));
    assertThat(job.at("/spec/suspend").asBoolean()).isTrue();
    assertThat(job.at("/spec/template/spec/priorityClassName").asText()).isEqualTo("low");
    assertThat(job.at("/spec/template/metadata/labels/scanwarden.io~1pool").asText())
        .isEqualTo("nightly");
  }

  /** What another webhook may have changed meanwhile is the API server's reason to ask again. */
  @Test
  void askedAgainItHasNothingToAdd() throws JsonProcessingException {
    ObjectNode once = ((Gating.Queued) create(running(""))).job();

    assertQueued(create(once.toString()), once.toString());
  }

  @Test
  void theQueueHasAnEnd() throws Exception {
    pool(NIGHTLY, 2, null);
    waiting.put(NIGHTLY, 1);
    assertThat(create(running(""))).isInstanceOf(Gating.Queued.class);

    waiting.put(NIGHTLY, 2);
    assertThat(create(running("")))
        .isEqualTo(
            new Gating.QueueFull(
                "The queue of WorkerPool team-a/nightly is full: spec.maxQueued=2, waiting=2. Try again when some of"
                    + " its Jobs have started, or raise spec.maxQueued."));
    assertThat(create(suspended(",'scanwarden.io/queued':'true'")))
        .isInstanceOf(Gating.QueueFull.class);
    assertThat(update(suspended(""), running(""))).isInstanceOf(Gating.QueueFull.class);
    assertThat(create(suspended(""))).isInstanceOf(Gating.Prepared.class);
  }

  private static String running(String labels) {
    return "{'metadata':{'labels':{'scanwarden.io/pool':'nightly'"
        + labels
        + "}},'spec':{'suspend':false,'template':{"
        + POD
        + "}}}";
  }

  private static String suspended(String labels) {
    return running(labels).replace("'suspend':false", "'suspend':true");
  }

  @Test
  void oneThatIsResumedIsQueued() throws Exception {
    pool(NIGHTLY, null, new JobDefaults("low", null, null, null));

    assertQueued(update(suspended(""), running("")), suspended(",'scanwarden.io/queued':'true'"));
    assertQueued(
        update(suspended(""), running("").replace("'suspend':false,", "")),
        "{'metadata':{'labels':{'scanwarden.io/pool':'nightly','scanwarden.io/queued':'true'}},"
            + "'spec':{'template':{"
            + POD
            + "},'suspend':true}}");
  }

  @Test
  void otherUpdatesAreLeftAlone() throws JsonProcessingException {
    String queued = ",'scanwarden.io/queued':'true'";
    assertThat(update(suspended(queued), running(queued))).isEqualTo(new Gating.Unchanged());
    assertThat(update(running(""), running(""))).isEqualTo(new Gating.Unchanged());
    assertThat(update(running(""), suspended(""))).isEqualTo(new Gating.Unchanged());
    assertThat(update(suspended(""), suspended(""))).isEqualTo(new Gating.Unchanged());
    assertThat(update("null", running(""))).isEqualTo(new Gating.Unchanged());
    assertThat(decide("DELETE", "team-a", running(""), "null")).isEqualTo(new Gating.Unchanged());
  }

  @Test
  void namespacesThatNobodyWatchesAreLeftAlone() throws JsonProcessingException {
    assertThat(decide("CREATE", "unwatched", running(""), "null"))
        .isEqualTo(new Gating.Unchanged());
  }

  @ParameterizedTest
  @ValueSource(strings = {"''", "'-'", "'Not.A.Name'", "'of-nobody'", "7", "true"})
  void aPoolThatThereIsNotOrCannotBeRefusesNothing(String name) throws JsonProcessingException {
    assertThat(
            create("{'metadata':{'labels':{'scanwarden.io/pool':%s}},'spec':{}}".formatted(name)))
        .isInstanceOf(Gating.Queued.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "[]",
        "'job'",
        "{}",
        "{'spec':{}}",
        "{'metadata':null,'spec':{}}",
        "{'metadata':[],'spec':{}}",
        "{'metadata':{'labels':null},'spec':{}}",
        "{'metadata':{'labels':'scanwarden.io/pool'},'spec':{}}",
        "{'metadata':{'labels':{'scanwarden.io/pool':null}},'spec':{}}",
        "{'metadata':{'labels':{'scanwarden.io/pool':{}}},'spec':{}}",
        "{'metadata':{'labels':{'scanwarden.io/pool':'nightly'}}}",
        "{'metadata':{'labels':{'scanwarden.io/pool':'nightly'}},'spec':null}",
        "{'metadata':{'labels':{'scanwarden.io/pool':'nightly'}},'spec':'none'}"
      })
  void whatIsNoJobOfAPoolIsLeftAlone(String job) throws JsonProcessingException {
    assertThat(create(job)).isEqualTo(new Gating.Unchanged());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{'template':null}",
        "{'template':'none'}",
        "{'template':{'metadata':'none','spec':7}}",
        "{'suspend':'true'}",
        "{'suspend':1,'parallelism':'many','template':{'spec':{'containers':{'c':{}}}}}",
      })
  void whatMakesNoSenseWaitsAsWell(String spec) throws Exception {
    pool(NIGHTLY, 10, new JobDefaults("low", Map.of("a", "b"), null, null));

    Gating gating =
        create(
            "{'metadata':{'labels':{'scanwarden.io/pool':'nightly'}},'spec':%s}".formatted(spec));

    assertThat(((Gating.Queued) gating).job().at("/spec/suspend").isBoolean()).isTrue();
  }
}
