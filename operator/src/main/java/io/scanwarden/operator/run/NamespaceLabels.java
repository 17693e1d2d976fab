package io.scanwarden.operator.run;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The namespaces that there are, and their labels, as a watch tells of them. Thread-safe. */
public final class NamespaceLabels implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NamespaceLabels.class);

  private final KubernetesClient client;
  private final Set<String> namespaces;
  private final ConcurrentHashMap<String, Map<String, String>> labels = new ConcurrentHashMap<>();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private volatile List<SharedIndexInformer<Namespace>> informers = List.of();

  /**
   * Knows of none yet.
   *
   * @param namespaces those to follow; empty for all
   */
  public NamespaceLabels(KubernetesClient client, Set<String> namespaces) {
    this.client = client;
    this.namespaces = Set.copyOf(namespaces);
  }

  /** Who is told of a namespace that is there, has other labels or is gone, after it was noted. */
  public void onChange(Consumer<String> listener) {
    listeners.add(listener);
  }

  /** Begins to follow; returns when all are known. */
  public void start() {
    List<SharedIndexInformer<Namespace>> following = new ArrayList<>();
    if (namespaces.isEmpty()) {
      following.add(follow(client.namespaces()));
    }
    for (String namespace : namespaces) {
      followOne(namespace).ifPresent(following::add);
    }
    informers = List.copyOf(following);
  }

  /** With rights in some namespaces only, their labels cannot be watched. */
  private Optional<SharedIndexInformer<Namespace>> followOne(String name) {
    var one = client.namespaces().withField("metadata.name", name);
    try {
      one.list();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
        throw e;
      }
      log.warn(
          "The labels of namespace {} may not be read: no WorkerPool that selects namespaces by"
              + " labels will allow it. {}",
          name,
          e.getMessage());
      return Optional.empty();
    }
    return Optional.of(follow(one));
  }

  private SharedIndexInformer<Namespace> follow(Informable<Namespace> which) {
    SharedIndexInformer<Namespace> informer = which.runnableInformer(0);
    informer.addEventHandler(new Handler());
    informer.run();
    return informer;
  }

  private final class Handler implements ResourceEventHandler<Namespace> {
    @Override
    public void onAdd(Namespace namespace) {
      put(namespace);
    }

    @Override
    public void onUpdate(Namespace before, Namespace namespace) {
      put(namespace);
    }

    @Override
    public void onDelete(Namespace namespace, boolean unknownFinalState) {
      String name = namespace.getMetadata().getName();
      if (labels.remove(name) != null) {
        tell(name);
      }
    }

    private void put(Namespace namespace) {
      String name = namespace.getMetadata().getName();
      Map<String, String> now =
          Optional.ofNullable(namespace.getMetadata().getLabels())
              .map(Map::copyOf)
              .orElse(Map.of());
      if (!now.equals(labels.put(name, now))) {
        tell(name);
      }
    }

    private void tell(String namespace) {
      listeners.forEach(listener -> listener.accept(namespace));
    }
  }

  /** The labels of a namespace; empty if it is not known. */
  public Optional<Map<String, String>> of(String namespace) {
    return Optional.ofNullable(labels.get(namespace));
  }

  /** Whether all that there was at the start is known. */
  public boolean isSynced() {
    return informers.stream().allMatch(SharedIndexInformer::hasSynced);
  }

  @Override
  public void close() {
    informers.forEach(SharedIndexInformer::close);
  }
}
