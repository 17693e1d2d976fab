package io.scanwarden.operator.run;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an informer remembers of each object: which it is, its version, and whose. Everything else
 * is told to whoever listens as it comes, who keeps what he needs; held here too, it would take the
 * memory twice.
 */
public final class IdentityStore<T extends HasMetadata> implements ItemStore<T> {
  private final ConcurrentMap<String, T> items = new ConcurrentHashMap<>();
  private final Supplier<T> empty;

  /**
   * An empty store.
   *
   * @param empty makes an object without content
   */
  public IdentityStore(Supplier<T> empty) {
    this.empty = empty;
  }

  @Override
  public String getKey(T object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  @Override
  public @Nullable T put(String key, T object) {
    T known = items.get(key);
    T identity = empty.get();
    identity.setMetadata(
        identity(object.getMetadata(), known == null ? null : known.getMetadata()));
    return items.put(key, identity);
  }

  private static ObjectMeta identity(ObjectMeta meta, @Nullable ObjectMeta known) {
    // Of two readings of one object the strings are equal, and one copy of them is enough.
    ObjectMeta same = known != null && known.getUid().equals(meta.getUid()) ? known : meta;
    ObjectMeta identity = new ObjectMeta();
    identity.setNamespace(same.getNamespace());
    identity.setName(same.getName());
    identity.setUid(same.getUid());
    identity.setOwnerReferences(List.copyOf(meta.getOwnerReferences()));
    identity.setResourceVersion(meta.getResourceVersion());
    identity.setDeletionTimestamp(meta.getDeletionTimestamp());
    // Each is an empty collection of its own otherwise.
    identity.setAnnotations(Map.of());
    identity.setLabels(Map.of());
    identity.setFinalizers(List.of());
    identity.setManagedFields(List.of());
    identity.setAdditionalProperties(Map.of());
    return identity;
  }

  @Override
  public @Nullable T remove(String key) {
    return items.remove(key);
  }

  @Override
  public Stream<String> keySet() {
    return items.keySet().stream();
  }

  @Override
  public Stream<T> values() {
    return items.values().stream();
  }

  @Override
  public int size() {
    return items.size();
  }

  @Override
  public @Nullable T get(String key) {
    return items.get(key);
  }

  /** Additions are told as they are read: they cannot be read from here afterwards. */
  @Override
  public boolean isFullState() {
    return false;
  }
}
