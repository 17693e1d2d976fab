package io.scanwarden.operator.leader;

/** Told when this process leads. It is told once: a process that loses the Lease halts. */
@FunctionalInterface
public interface LeadershipListener {
  /** Called in a thread of its own, which it may keep as long as it likes. */
  void onLead(long term);
}
