package io.scanwarden.operator.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.cluster.ControlPlaneTest;
import io.scanwarden.operator.cluster.RunningOperator;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A tenant of three namespaces that may have ten schedules, clients that create and delete them,
 * and two replicas that are killed and come back. What has the label is asked for at either
 * replica, so that each of them promises places. {@code -Dscanwarden.test.seed} repeats what was
 * chosen, as far as the machine's timing allows.
 */
@ControlPlaneTest
@NullUnmarked
class TenantQuotaKillIT {
  private static final int LIMIT = 10;
  private static final int CLIENTS = 10;
  private static final int NAMES_OF_A_CLIENT = 4;
  private static final int KILLS = 4;
  private static final int CREATED_BETWEEN_KILLS = 40;
  private static final Duration PACE = Duration.ofMillis(30);
  private static final Duration LEASE = Duration.ofSeconds(6);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** A place that was promised in vain is free again after a minute. */
  private static final Duration PROMISE = Duration.ofSeconds(75);

  private static final String BOTH = "dev.scanwarden.io/ask-both";
  private static final String VERSION = "scanwarden.io/v1alpha1";

  private ControlPlane plane;
  private String quota;
  private List<String> namespaces;
  private final List<EventLog<GenericKubernetesResource>> logs = new ArrayList<>();
  private final AtomicReference<RunningOperator> first = new AtomicReference<>();
  private final AtomicReference<RunningOperator> second = new AtomicReference<>();

  @BeforeEach
  void prepare(ControlPlane controlPlane) {
    plane = controlPlane;
    quota = "quota-of-" + plane.namespace();
    RunningOperator.install(plane);
    namespaces = List.of(plane.namespace(), plane.namespace() + "-b", plane.namespace() + "-c");
    namespaces.stream()
        .skip(1)
        .map(name -> new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .forEach(namespace -> plane.admin().resource(namespace).create());
    for (String namespace : namespaces) {
      plane.kubectl("label", "namespace", namespace, "tenant=" + quota).orThrow();
      logs.add(new EventLog<>(schedules(namespace)));
    }
  }

  @AfterEach
  void remove() {
    logs.forEach(EventLog::close);
    for (RunningOperator operator : new RunningOperator[] {first.get(), second.get()}) {
      if (operator != null) {
        operator.close();
      }
    }
    plane.kubectl("delete", "tenantquota", quota, "--ignore-not-found").orThrow();
    plane
        .kubectl("delete", "validatingwebhookconfiguration", quota, "--ignore-not-found")
        .orThrow();
    namespaces.stream()
        .skip(1)
        .forEach(name -> plane.kubectl("delete", "namespace", name, "--wait=false").orThrow());
  }

  private NonNamespaceOperation<
          GenericKubernetesResource,
          GenericKubernetesResourceList,
          Resource<GenericKubernetesResource>>
      schedules(String namespace) {
    return plane.admin().genericKubernetesResources(VERSION, "ScanSchedule").inNamespace(namespace);
  }

  private RunningOperator start() {
    return RunningOperator.of(plane)
        .withLease(LEASE, Duration.ofSeconds(4), Duration.ofMillis(500))
        .withAllNamespaces()
        .withWebhook()
        .toleratingErrors()
        .start();
  }

  @Test
  void theLimitHoldsAndNoPlaceIsLost() throws Exception {
    long seed = Long.getLong("scanwarden.test.seed", System.nanoTime());
    try {
      disturb(new Random(seed));
    } catch (AssertionError | Exception e) {
      throw new AssertionError("with -Dscanwarden.test.seed=" + seed, e);
    }
  }

  private void disturb(Random random) throws Exception {
    first.set(start().awaitLeading());
    second.set(start());
    askBoth();
    plane.apply(
        """
        apiVersion: scanwarden.io/v1alpha1
        kind: TenantQuota
        metadata: {name: %s}
        spec:
          namespaceSelector: {matchLabels: {tenant: %s}}
          limits: {schedules: %d}
        """
            .formatted(quota, quota, LIMIT));
    await()
        .atMost(PATIENCE)
        .until(() -> status("{.status.namespaces}").contains(namespaces.getLast()));

    AtomicInteger created = new AtomicInteger();
    try (ScheduledExecutorService executor = Executors.newScheduledThreadPool(CLIENTS)) {
      for (int i = 0; i < CLIENTS; i++) {
        Client client = new Client(i, new Random(random.nextLong()), created);
        var _ = executor.scheduleWithFixedDelay(client, 0, PACE.toMillis(), TimeUnit.MILLISECONDS);
      }
      for (int i = 0; i < KILLS; i++) {
        int before = created.get();
        await().atMost(PATIENCE).until(() -> created.get() >= before + CREATED_BETWEEN_KILLS);
        AtomicReference<RunningOperator> victim = random.nextBoolean() ? first : second;
        victim.get().kill();
        victim.get().close();
        victim.set(start());
        askBoth();
      }
      executor.shutdownNow();
      assertThat(executor.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }
    // What was promised to requests that died with a replica is missing for a minute.
    assertThat(mostAtOnce()).as("at once").isLessThanOrEqualTo(LIMIT);
    thenExactlyTheLimitIsReached();
    assertThat(mostAtOnce()).as("at once").isEqualTo(LIMIT);
  }

  private void thenExactlyTheLimitIsReached() {
    AtomicInteger number = new AtomicInteger();
    await()
        .atMost(PROMISE)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              int code = create(namespaces.getFirst(), "last-" + number.getAndIncrement(), false);
              assertThat(code).as("answer").isEqualTo(HttpURLConnection.HTTP_FORBIDDEN);
              assertThat(existing()).isEqualTo(LIMIT);
              assertThat(status("{.status.usage.schedules.current}"))
                  .isEqualTo(String.valueOf(LIMIT));
              assertThat(status("{.status.reservations}")).isIn("", "[]");
            });
  }

  /** What has the label is asked for at the second replica too, which is never registered. */
  private void askBoth() {
    ValidatingWebhookConfiguration kept =
        plane
            .admin()
            .resources(ValidatingWebhookConfiguration.class)
            .withName(plane.namespace())
            .get();
    List<ValidatingWebhook> both =
        List.of(first, second).stream()
            .map(replica -> at(kept.getWebhooks().getFirst(), replica.get()))
            .toList();
    plane
        .admin()
        .resource(
            new ValidatingWebhookConfigurationBuilder()
                .withMetadata(new ObjectMetaBuilder().withName(quota).build())
                .withWebhooks(both)
                .build())
        .createOr(NonDeletingOperation::update);
  }

  private static ValidatingWebhook at(ValidatingWebhook kept, RunningOperator replica) {
    String path = kept.getClientConfig().getUrl().replaceFirst("^https://[^/]+", "");
    return new ValidatingWebhookBuilder(kept)
        .withName("of-" + replica.httpsPort() + ".scanwarden.io")
        .withObjectSelector(new LabelSelectorBuilder().addToMatchLabels(BOTH, "yes").build())
        .editClientConfig()
        .withUrl("https://127.0.0.1:" + replica.httpsPort() + path)
        .endClientConfig()
        .build();
  }

  /** Creates what it does not have, and deletes what it has. */
  private final class Client implements Runnable {
    private final int number;
    private final Random random;
    private final AtomicInteger created;
    private final Set<String> mine = ConcurrentHashMap.newKeySet();

    Client(int number, Random random, AtomicInteger created) {
      this.number = number;
      this.random = random;
      this.created = created;
    }

    @Override
    public void run() {
      String namespace = namespaces.get(number % namespaces.size());
      String name = "c" + number + "-" + random.nextInt(NAMES_OF_A_CLIENT);
      try {
        if (mine.remove(name)) {
          schedules(namespace).withName(name).delete();
        } else {
          int code = create(namespace, name, random.nextBoolean());
          if (code == HttpURLConnection.HTTP_CREATED) {
            created.incrementAndGet();
          }
          // Also where the answer got lost: to delete what is not there does no harm.
          if (code != HttpURLConnection.HTTP_FORBIDDEN) {
            mine.add(name);
          }
        }
      } catch (KubernetesClientException e) {
        mine.add(name);
      }
    }
  }

  /** Returns what the API server answers. */
  private int create(String namespace, String name, boolean asksBoth) {
    String manifest =
        """
        apiVersion: scanwarden.io/v1alpha1
        kind: ScanSchedule
        metadata: {name: %s, labels: {%s: "%s"}}
        spec:
          schedule: 0 0 1 1 *
          jobTemplate:
            spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: none}]}}}
        """
            .formatted(name, BOTH, asksBoth ? "yes" : "no");
    try {
      plane.admin().resource(manifest).inNamespace(namespace).create();
      return HttpURLConnection.HTTP_CREATED;
    } catch (KubernetesClientException e) {
      return e.getCode();
    }
  }

  private int existing() {
    return namespaces.stream().mapToInt(name -> schedules(name).list().getItems().size()).sum();
  }

  private String status(String path) {
    return plane.kubectl("get", "tenantquota", quota, "-o", "jsonpath=" + path).orThrow().stdout();
  }

  /** By the versions, which are in one order over all namespaces. */
  private int mostAtOnce() {
    Set<String> there = new HashSet<>();
    int most = 0;
    for (Map.Entry<Action, GenericKubernetesResource> event :
        logs.stream()
            .flatMap(log -> log.entries().stream())
            .map(entry -> Map.entry(entry.action(), entry.object()))
            .sorted(Comparator.comparingLong(event -> version(event.getValue())))
            .toList()) {
      String uid = event.getValue().getMetadata().getUid();
      if (event.getKey() == Action.DELETED) {
        there.remove(uid);
      } else {
        there.add(uid);
      }
      most = Math.max(most, there.size());
    }
    return most;
  }

  private static long version(GenericKubernetesResource object) {
    return Long.parseLong(object.getMetadata().getResourceVersion());
  }
}
