package io.scanwarden.operator.faults;

import io.scanwarden.operator.cluster.ControlPlane;
import io.scanwarden.operator.faults.Fleet.Member;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Asks the members of a fleet to make up for the past, and takes the annotation away and restores
 * it while they do and when they have, as a GitOps tool would.
 */
final class Backfills {
  private enum Annotation {
    NOT_YET,
    THERE,
    TAKEN_AWAY
  }

  private final ControlPlane plane;
  private final List<Member> members;
  private final Random random;
  private final Map<String, Annotation> annotations = new TreeMap<>();

  Backfills(ControlPlane plane, Collection<Member> fleet, Random random) {
    this.plane = plane;
    this.members = fleet.stream().filter(member -> member.backfill().isPresent()).toList();
    this.random = random;
  }

  /**
   * Does with each member what comes next, or nothing. An interval is asked for when it is past.
   */
  void next() {
    for (Member member : members) {
      boolean now = random.nextInt(3) > 0;
      switch (annotations.getOrDefault(member.name(), Annotation.NOT_YET)) {
        case NOT_YET -> {
          if (now && member.backfill().orElseThrow().to().isBefore(Instant.now())) {
            annotate(member);
          }
        }
        case THERE -> {
          if (!now) {
            takeAway(member);
          }
        }
        case TAKEN_AWAY -> annotate(member);
      }
    }
  }

  /** In the end all annotations are there. */
  void leave() {
    members.stream()
        .filter(member -> annotations.get(member.name()) != Annotation.THERE)
        .forEach(this::annotate);
  }

  /** Once they are done, too: nothing may come of it. */
  void takeAwayAndRestore() {
    members.forEach(this::takeAway);
    leave();
  }

  private void annotate(Member member) {
    annotate(
        member,
        "scanwarden.io/backfill=" + member.backfill().orElseThrow().value(),
        Annotation.THERE);
  }

  private void takeAway(Member member) {
    annotate(member, "scanwarden.io/backfill-", Annotation.TAKEN_AWAY);
  }

  private void annotate(Member member, String change, Annotation then) {
    plane.kubectl("annotate", "scansched", member.name(), change).orThrow();
    annotations.put(member.name(), then);
  }
}
