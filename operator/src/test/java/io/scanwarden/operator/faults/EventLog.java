package io.scanwarden.operator.faults;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Everything that happened to the objects of a kind in a namespace, in the API server's own order:
 * a watch from the resourceVersion of a list. It resumes where it was cut; should the API server no
 * longer know that version, the log is torn, and {@link #entries} fails.
 */
final class EventLog<T extends HasMetadata> implements AutoCloseable {

  /**
   * One event.
   *
   * @param received when this process was told
   */
  record Entry<T>(Watcher.Action action, T object, Instant received) {}

  private record Waiter<T>(
      Predicate<Entry<T>> which, AtomicInteger left, CompletableFuture<Entry<T>> done) {}

  private final List<Entry<T>> entries = new ArrayList<>();
  private final List<Waiter<T>> waiters = new ArrayList<>();
  private final Watch watch;
  private @Nullable Exception torn;

  /** Starts to watch; the namespace must not have objects of the kind yet. */
  <L extends KubernetesResourceList<T>, R extends Resource<T>> EventLog(
      NonNamespaceOperation<T, L, R> objects) {
    L list = objects.list();
    if (!list.getItems().isEmpty()) {
      throw new IllegalStateException("a log begins with its namespace");
    }
    watch =
        objects.watch(
            new ListOptionsBuilder()
                .withResourceVersion(list.getMetadata().getResourceVersion())
                .withAllowWatchBookmarks(true)
                .build(),
            new Watcher<>() {
              @Override
              public void eventReceived(Action action, T object) {
                if (action != Action.BOOKMARK) {
                  add(new Entry<>(action, object, Instant.now()));
                }
              }

              @Override
              public void onClose(WatcherException cause) {
                tear(cause);
              }
            });
  }

  /** All events up to now. */
  synchronized List<Entry<T>> entries() {
    if (torn != null) {
      throw new AssertionError("the log has a gap", torn);
    }
    return List.copyOf(entries);
  }

  /** How many such objects there were at most at a time, in the API server's order. */
  int mostAtOnce(Predicate<T> counts) {
    Set<String> now = new HashSet<>();
    int most = 0;
    for (Entry<T> entry : entries()) {
      String uid = entry.object().getMetadata().getUid();
      if (entry.action() != Watcher.Action.DELETED && counts.test(entry.object())) {
        now.add(uid);
      } else {
        now.remove(uid);
      }
      most = Math.max(most, now.size());
    }
    return most;
  }

  /** Completes with the n-th event of that sort from now on; at once if n is 0. */
  synchronized CompletableFuture<?> following(int n, Predicate<Entry<T>> which) {
    CompletableFuture<Entry<T>> done = new CompletableFuture<>();
    if (n == 0) {
      return CompletableFuture.completedFuture(n);
    }
    waiters.add(new Waiter<>(which, new AtomicInteger(n), done));
    return done;
  }

  private synchronized void add(Entry<T> entry) {
    entries.add(entry);
    waiters.removeIf(
        waiter -> {
          boolean last = waiter.which().test(entry) && waiter.left().decrementAndGet() == 0;
          return last && waiter.done().complete(entry);
        });
  }

  private synchronized void tear(Exception cause) {
    torn = cause;
  }

  @Override
  public void close() {
    watch.close();
  }
}
