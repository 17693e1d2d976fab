package io.scanwarden.operator.schedule;

import io.scanwarden.operator.run.AttemptKey;
import io.scanwarden.operator.run.Run;
import io.scanwarden.operator.run.RunKey;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that a decision about a schedule depends on.
 *
 * @param leadingSince when this process began to act: what was due before was missed
 * @param cursor the instant up to which all is decided
 * @param queue what was accepted and has no Job, in the order in which it starts
 * @param starting the Job that is being created
 * @param unsure Jobs whose create was not answered: nobody knows whether they exist
 * @param failure why the last try to create a Job failed; none is made before its retry
 * @param request one that is not handled yet
 * @param reportedRequest the latest handled request that the status is known to show
 * @param backfills what is known of backfills
 * @param runs the Jobs that exist
 * @param lingering how many unfinished runs have lost their Job, but not yet their Pods
 * @param recorded the UIDs of runs that are counted: finished, or replaced
 * @param deletable those of them that the status is known to show, and does not need any more
 * @param groupFree whether a run may begin as far as other schedules of its group are concerned
 * @param slots what the pool, or the tenant, has said of Jobs that wait for slots
 * @param quota what the tenant's quota has said
 * @param deleting the UIDs of Jobs that this process deletes just now, or must not try to yet
 */
record Situation(
    ScheduleSpec spec,
    Instant now,
    Instant leadingSince,
    Instant cursor,
    List<Claim> queue,
    Optional<AttemptKey> starting,
    Set<AttemptKey> unsure,
    Optional<CreateFailure> failure,
    Optional<RequestedRun.Wanted> request,
    Optional<Instant> reportedRequest,
    Backfills backfills,
    Collection<Run> runs,
    int lingering,
    Set<String> recorded,
    Set<String> deletable,
    Set<String> deleting,
    boolean groupFree,
    Slots slots,
    Quota quota) {

  /**
   * What the tenant's quota has said of runs that have not begun.
   *
   * @param applies whether they need its word
   * @param accepted those that have their places
   * @param refused those that have none, and why
   */
  record Quota(boolean applies, Set<RunKey> accepted, Map<RunKey, String> refused) {
    static final Quota NONE = new Quota(false, Set.of(), Map.of());

    /** Whether the run may start as far as the quota is concerned. */
    boolean accepts(RunKey run) {
      return !applies || accepted.contains(run);
    }
  }

  /**
   * What is known of the Jobs that lack nothing but slots of the pool, or of the tenant.
   *
   * @param needed whether Jobs need any
   * @param granted those that have them
   * @param reasons why the others wait
   */
  record Slots(boolean needed, Set<AttemptKey> granted, Map<AttemptKey, WaitReason> reasons) {
    static final Slots NONE = new Slots(false, Set.of(), Map.of());

    /** Whether the Job may start as far as slots are concerned. */
    boolean allow(AttemptKey job) {
      return !needed || granted.contains(job);
    }
  }

  /**
   * What is known of backfills.
   *
   * @param current how far the one that was accepted last is
   * @param wanted another one that is asked for, and not accepted yet
   * @param reported the instants of accepted ones that wait, as far as the status is known to show
   */
  record Backfills(
      Optional<BackfillProgress> current,
      Optional<BackfillProgress> wanted,
      Set<Instant> reported) {
    static final Backfills NONE = new Backfills(Optional.empty(), Optional.empty(), Set.of());
  }
}
