package io.scanwarden.operator.schedule;

import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.EventHandler;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import io.javaoperatorsdk.operator.processing.event.source.ResourceEventAware;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Where the reconcile loop touches ours: readings of schedules go to their states, on every
 * replica, and states that want to be reported come back as events. No event of the resource itself
 * leads to a reconciliation.
 */
final class ReportSource extends AbstractEventSource<Void, ScheduleResource>
    implements ResourceEventAware<ScheduleResource> {
  private final Consumer<ScheduleResource> read;
  private final Consumer<ScheduleResource> gone;

  ReportSource(Consumer<ScheduleResource> read, Consumer<ScheduleResource> gone) {
    super(Void.class, "reports");
    this.read = read;
    this.gone = gone;
  }

  @Override
  public void onResourceCreated(ScheduleResource resource) {
    read.accept(resource);
  }

  @Override
  public void onResourceUpdated(ScheduleResource newResource, ScheduleResource oldResource) {
    read.accept(newResource);
  }

  @Override
  public void onResourceDeleted(ScheduleResource resource) {
    gone.accept(resource);
  }

  /** Asks for the status of a schedule to be written. */
  void emit(ScheduleKey key) {
    EventHandler handler = getEventHandler();
    if (handler != null && isRunning()) {
      handler.handleEvent(new Event(new ResourceID(key.name(), key.namespace())));
    }
  }

  @Override
  public Set<Void> getSecondaryResources(ScheduleResource primary) {
    return Set.of();
  }
}
