package io.scanwarden.operator.observe;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.EventHandler;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Where the reconcile loop touches ours: readings of resources are handed on, on every replica, and
 * what wants to be reported comes back as events. No event of the resource itself leads to a
 * reconciliation.
 *
 * @param <R> the resource whose status is reported
 */
public final class ReportSource<R extends HasMetadata> extends AbstractEventSource<Void, R>
    implements ResourceEventAware<R> {
  private final Consumer<R> read;
  private final Consumer<R> gone;

  /**
   * Makes the one of a reconciler.
   *
   * @param read is handed each reading
   * @param gone is handed the last reading of what was deleted
   */
  public ReportSource(Consumer<R> read, Consumer<R> gone) {
    super(Void.class, "reports");
    this.read = read;
    this.gone = gone;
  }

  @Override
  public void onResourceCreated(R resource) {
    read.accept(resource);
  }

  @Override
  public void onResourceUpdated(R newResource, R oldResource) {
    read.accept(newResource);
  }

  @Override
  public void onResourceDeleted(R resource) {
    gone.accept(resource);
  }

  /** Asks for the status of a resource to be written. */
  public void emit(String namespace, String name) {
    EventHandler handler = getEventHandler();
    if (handler != null && isRunning()) {
      handler.handleEvent(new Event(new ResourceID(name, namespace)));
    }
  }

  @Override
  public Set<Void> getSecondaryResources(R primary) {
    return Set.of();
  }
}
