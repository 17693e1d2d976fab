package io.scanwarden.operator.leader;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseSpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lease as fabric8's elector sees it, with three differences from its own.
 *
 * <ul>
 *   <li>The elector compares a record's renewTime, written by another machine, with the clock of
 *       this one. It is shown instead how long this process has known the record unchanged, as
 *       client-go reckons: clocks may differ by any amount.
 *   <li>The fence learns when a renewal that succeeded was sent, and the term.
 *   <li>A Lease that vanishes (a person deletes it) is no vacancy: its last record holds until it
 *       expires, and the next one made counts on from its term.
 * </ul>
 *
 * Called by one elector, one call at a time.
 */
final class ElectionLock implements Lock {
  private static final Logger log = LoggerFactory.getLogger(ElectionLock.class);

  /** Looks at a Lease that is about to expire come no faster. */
  private static final Duration SHORTEST = Duration.ofMillis(50);

  private record Seen(LeaderElectionRecord record, long nanoTime) {}

  private final Leadership.Options options;
  private final LeaseFence fence;
  private @Nullable Lease lease;
  private volatile @Nullable Seen seen;
  private volatile long lastUsed;

  ElectionLock(Leadership.Options options, LeaseFence fence) {
    this.options = options;
    this.fence = fence;
    this.lastUsed = fence.now().nanoTime();
  }

  @Override
  public @Nullable LeaderElectionRecord get(KubernetesClient client) {
    lastUsed = fence.now().nanoTime();
    lease = asClientFailure("read", () -> resource(client).get());
    long now = fence.now().nanoTime();
    Seen before = seen;
    LeaderElectionRecord record;
    if (lease != null) {
      record = read(lease, before);
    } else if (before != null) {
      record = before.record();
    } else {
      return null;
    }
    Seen current =
        before != null && before.record().equals(record) ? before : new Seen(record, now);
    seen = current;
    if (identity().equals(record.getHolderIdentity())) {
      return record;
    }
    return withRenewTime(
        record, ZonedDateTime.now(ZoneOffset.UTC).minusNanos(now - current.nanoTime()));
  }

  @Override
  public void create(KubernetesClient client, LeaderElectionRecord record) {
    lease = null;
    write(client, record);
  }

  @Override
  public void update(KubernetesClient client, LeaderElectionRecord record) {
    write(client, record);
  }

  @Override
  public String identity() {
    return options.identity();
  }

  @Override
  public String describe() {
    return "Lease " + options.namespace() + "/" + options.name();
  }

  /** Whether this process holds the Lease, as far as it knows. */
  boolean holds() {
    Seen known = seen;
    return known != null && identity().equals(known.record().getHolderIdentity());
  }

  /**
   * How long to wait before the next look at a Lease that another holds: until it expires, if the
   * last look was before that.
   *
   * @param longest in any case
   */
  Duration untilNextLook(Duration longest) {
    Seen known = seen;
    if (known == null) {
      return longest;
    }
    long expiry = known.nanoTime() + known.record().getLeaseDuration().toNanos();
    if (expiry - lastUsed < 0) {
      return longest; // that look came to nothing
    }
    long left = Math.max(SHORTEST.toNanos(), expiry - fence.now().nanoTime());
    return left < longest.toNanos() ? Duration.ofNanos(left) : longest;
  }

  /** How long ago the elector last looked at the Lease. */
  Duration idle() {
    return Duration.ofNanos(fence.now().nanoTime() - lastUsed);
  }

  /**
   * A PUT under the resourceVersion that was read: unlike a merge patch it also clears the holder
   * on release.
   */
  private void write(KubernetesClient client, LeaderElectionRecord record) {
    lastUsed = fence.now().nanoTime();
    Lease current = lease;
    Lease next =
        (current == null ? new LeaseBuilder() : new LeaseBuilder(current))
            .editOrNewMetadata()
            .withNamespace(options.namespace())
            .withName(options.name())
            .endMetadata()
            .editOrNewSpec()
            .withHolderIdentity(record.getHolderIdentity())
            .withLeaseDurationSeconds(Math.toIntExact(record.getLeaseDuration().toSeconds()))
            .withAcquireTime(record.getAcquireTime())
            .withRenewTime(record.getRenewTime())
            .withLeaseTransitions(record.getLeaderTransitions())
            .endSpec()
            .build();
    LeaseFence.Moment sent = fence.now();
    lease =
        asClientFailure(
            "written",
            () ->
                current == null ? client.resource(next).create() : client.resource(next).update());
    seen = new Seen(record, sent.nanoTime());
    if (identity().equals(record.getHolderIdentity())) {
      fence.renewed(record.getLeaderTransitions(), sent);
    }
  }

  private Resource<Lease> resource(KubernetesClient client) {
    return client.leases().inNamespace(options.namespace()).withName(options.name());
  }

  /** Any Lease that the API server accepts, also one that lacks what an elector would write. */
  private LeaderElectionRecord read(Lease from, @Nullable Seen before) {
    LeaseSpec spec = Optional.ofNullable(from.getSpec()).orElseGet(LeaseSpec::new);
    ZonedDateTime unknown =
        before == null ? ZonedDateTime.now(ZoneOffset.UTC) : before.record().getRenewTime();
    return new LeaderElectionRecord(
        spec.getHolderIdentity(),
        Optional.ofNullable(spec.getLeaseDurationSeconds())
            .map(Duration::ofSeconds)
            .orElse(options.leaseDuration()),
        Optional.ofNullable(spec.getAcquireTime()).orElse(unknown),
        Optional.ofNullable(spec.getRenewTime()).orElse(unknown),
        Optional.ofNullable(spec.getLeaseTransitions()).orElse(0));
  }

  private static LeaderElectionRecord withRenewTime(
      LeaderElectionRecord record, ZonedDateTime time) {
    return new LeaderElectionRecord(
        record.getHolderIdentity(),
        record.getLeaseDuration(),
        record.getAcquireTime(),
        time,
        record.getLeaderTransitions());
  }

  /** The elector goes on after a KubernetesClientException and ends, silently, after any other. */
  private static <T> T asClientFailure(String what, Supplier<T> request) {
    try {
      return request.get();
    } catch (KubernetesClientException e) {
      if (e.getCode() == HttpURLConnection.HTTP_CONFLICT) {
        log.debug("Another was faster at the Lease");
      } else {
        log.warn("The Lease could not be {}: {}", what, e.getMessage());
      }
      throw e;
    } catch (RuntimeException e) {
      log.warn("The Lease could not be {}", what, e);
      throw new KubernetesClientException("unexpected failure at the Lease: " + e.getMessage(), e);
    }
  }
}
