package io.scanwarden.operator.faults;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Who led, in which term. */
final class LeaseLog implements AutoCloseable {

  /**
   * The Lease in one of its versions.
   *
   * @param holder empty when it was given back
   * @param term its leaseTransitions
   * @param acquired when its holder took it, by the holder's clock
   * @param expires when others may take it, unless it is renewed, by the same clock
   */
  record Held(String holder, long term, Instant acquired, Instant expires) {}

  private final EventLog<Lease> log;

  LeaseLog(KubernetesClient client, String namespace) {
    log = new EventLog<>(client.leases().inNamespace(namespace));
  }

  /** Completes when the Lease has a holder in a term after this one. */
  CompletableFuture<?> after(long term) {
    return log.following(1, entry -> !held(entry).holder().isEmpty() && held(entry).term() > term);
  }

  /** Each version of it, in order. */
  List<Held> versions() {
    return log.entries().stream().map(LeaseLog::held).toList();
  }

  /** Each change of holder or term, in order. */
  List<Held> changes() {
    List<Held> changes = new ArrayList<>();
    for (Held held : versions()) {
      if (changes.isEmpty()
          || !changes.getLast().holder().equals(held.holder())
          || changes.getLast().term() != held.term()) {
        changes.add(held);
      }
    }
    return changes;
  }

  private static Held held(EventLog.Entry<Lease> entry) {
    var spec = entry.object().getSpec();
    return new Held(
        requireNonNullElse(spec.getHolderIdentity(), ""),
        requireNonNullElse(spec.getLeaseTransitions(), 0),
        spec.getAcquireTime().toInstant(),
        spec.getRenewTime().plusSeconds(spec.getLeaseDurationSeconds()).toInstant());
  }

  @Override
  public void close() {
    log.close();
  }
}
