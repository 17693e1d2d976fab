package io.scanwarden.operator.leader;

import java.util.OptionalLong;

/**
 * Whether this process may still write. Open from the moment it holds the Lease until the renew
 * deadline after the last renewal was <em>sent</em>: always before another process could take over,
 * which is the lease duration after the renewal arrived. Clients check every attempt of every
 * request by themselves; rooms check before they decide.
 */
public interface WriteFence {

  /**
   * The Lease's leaseTransitions under which this process leads, for the term annotation; empty
   * while it does not. Ask for every write: a Lease that was deleted and made again has another.
   */
  OptionalLong term();

  /** Whether a write would be let through now. */
  boolean isOpen();

  /**
   * Does nothing while the fence is open.
   *
   * @throws FencedException when a write would be refused now
   */
  void check();
}
