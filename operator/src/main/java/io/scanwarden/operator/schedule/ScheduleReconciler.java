package io.scanwarden.operator.schedule;

import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.scanwarden.operator.observe.LogContext;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.observe.ReportSource;
import io.scanwarden.operator.time.WorkClock;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The report lane: brings the status of a schedule up to what is known of it, behind the fires. */
final class ScheduleReconciler implements Reconciler<ScheduleResource> {
  private final ScheduleRegistry registry;
  private final Dispatcher dispatcher;
  private final Reports reports;
  private final ReportSource<ScheduleResource> source;
  private final StatusWriter writer;
  private final Metrics metrics;
  private final WorkClock clock;

  ScheduleReconciler(
      ScheduleRegistry registry,
      Dispatcher dispatcher,
      Reports reports,
      ReportSource<ScheduleResource> source,
      StatusWriter writer,
      Metrics metrics,
      WorkClock clock) {
    this.registry = registry;
    this.dispatcher = dispatcher;
    this.reports = reports;
    this.source = source;
    this.writer = writer;
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public List<EventSource<?, ScheduleResource>> prepareEventSources(
      EventSourceContext<ScheduleResource> context) {
    return List.of(source);
  }

  @Override
  public UpdateControl<ScheduleResource> reconcile(
      ScheduleResource resource, Context<ScheduleResource> context) throws IOException {
    ScheduleKey key = ScheduleRegistry.key(resource);
    Optional<ScheduleState> state = registry.find(key);
    if (state.isEmpty()) {
      reports.done(key);
      return UpdateControl.noUpdate();
    }
    long begin = System.nanoTime();
    boolean done = false;
    try (LogContext _ = LogContext.schedule(key.namespace(), key.name())) {
      report(state.get());
      done = true;
    } finally {
      if (!done) {
        reports.failed(key);
      }
      metrics.reconciled("ScanSchedule", Duration.ofNanos(System.nanoTime() - begin));
    }
    return UpdateControl.noUpdate();
  }

  private void report(ScheduleState state) throws IOException {
    Optional<Report> report = state.report(clock.instant());
    if (report.isPresent()) {
      switch (writer.write(report.get())) {
        case StatusWriter.Outcome.Written(long version) -> {
          state.reported(report.get(), version);
          dispatcher.poke(state);
        }
        case StatusWriter.Outcome.Conflict conflict -> {
          // Somebody changed the resource, and the watch has not told yet.
          registry.put(writer.read(state.key()));
          dispatcher.poke(state);
        }
        case StatusWriter.Outcome.Gone gone -> {
          registry.remove(state.key(), report.get().uid());
          dispatcher.poke(state);
        }
      }
    }
    reports.done(state.key());
    reports.request(state);
  }
}
