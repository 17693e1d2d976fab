package io.scanwarden.operator.pool;

import io.scanwarden.operator.run.PoolKey;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * How many slots each tenant has taken, over all pools. A pool to which slots of a tenant were
 * refused stands in that tenant's line until it has them or leaves: who is first there is next,
 * also if it needs several, so that no pool keeps another from its turn. Thread-safe; calls nobody
 * but the limits, which must not call back.
 */
final class TenantSlots {
  /** A pool that is to look whether it can use slots of a tenant now. */
  record Turn(PoolKey pool, String tenant) {}

  private static final class Account {
    private long taken;
    private final LinkedHashSet<PoolKey> line = new LinkedHashSet<>();
  }

  private final Function<PoolClaim, OptionalInt> limits;
  private final Map<String, Account> accounts = new HashMap<>();
  private final LinkedHashSet<Turn> turns = new LinkedHashSet<>();

  /**
   * Nobody has taken any.
   *
   * @param limits how many the tenant of a claim may take, as of now; any number if empty
   */
  TenantSlots(Function<PoolClaim, OptionalInt> limits) {
    this.limits = limits;
  }

  /** Whether the claim needs more than its tenant may ever have. A limit of 0 is a pause. */
  boolean isTooLarge(PoolClaim claim) {
    return PoolSpec.exceeds(claim.slots(), limits.apply(claim));
  }

  /** How many more the tenant of the claim may take; fewer than none if its limit was lowered. */
  synchronized long free(PoolClaim claim) {
    Account account = accounts.get(claim.tenant());
    return PoolSpec.left(limits.apply(claim), account == null ? 0 : account.taken);
  }

  /**
   * Takes the slots of a claim, unless the tenant has too few left or another pool is before this
   * one; if so, the pool stands in the tenant's line.
   */
  synchronized boolean take(PoolKey pool, PoolClaim claim) {
    Account account = account(claim.tenant());
    OptionalInt limit = limits.apply(claim);
    boolean isNext = account.line.isEmpty() || account.line.getFirst().equals(pool);
    if (limit.isPresent() && !(isNext && claim.slots() <= PoolSpec.left(limit, account.taken))) {
      account.line.add(pool);
      return false;
    }
    account.line.remove(pool);
    account.taken += claim.slots();
    tellFirst(claim.tenant(), account);
    return true;
  }

  /** These are taken, whether the tenant may or not; a negative number is given back. */
  synchronized void add(String tenant, long slots) {
    Account account = account(tenant);
    account.taken += slots;
    if (slots < 0) {
      tellFirst(tenant, account);
    }
    dropIfUnused(tenant, account);
  }

  /** The pool cannot use slots of the tenant now, and lets the others have them. */
  synchronized void leave(PoolKey pool, String tenant) {
    Account account = accounts.get(tenant);
    if (account != null && account.line.remove(pool)) {
      tellFirst(tenant, account);
      dropIfUnused(tenant, account);
    }
  }

  /** Limits are others now. */
  synchronized void limitsChanged() {
    accounts.forEach(this::tellFirst);
  }

  /** A pool whose turn it is: to be asked for until there is none, after each change. */
  synchronized Optional<Turn> nextTurn() {
    return turns.isEmpty() ? Optional.empty() : Optional.of(turns.removeFirst());
  }

  private void tellFirst(String tenant, Account account) {
    if (!account.line.isEmpty()) {
      turns.add(new Turn(account.line.getFirst(), tenant));
    }
  }

  private Account account(String tenant) {
    return accounts.computeIfAbsent(tenant, name -> new Account());
  }

  private void dropIfUnused(String tenant, Account account) {
    if (account.taken == 0 && account.line.isEmpty()) {
      accounts.remove(tenant);
    }
  }
}
