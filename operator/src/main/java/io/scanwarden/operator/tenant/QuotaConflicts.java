package io.scanwarden.operator.tenant;

import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a quota claims, and another has.
 *
 * @param namespaces the namespaces that it selects and that belong to another quota, with the name
 *     of that
 * @param otherDefault the quota that is the default in its place
 */
record QuotaConflicts(SortedMap<String, String> namespaces, Optional<String> otherDefault) {

  static final QuotaConflicts NONE = new QuotaConflicts(new TreeMap<>(), Optional.empty());

  /** Keeps an unmodifiable copy of the map. */
  QuotaConflicts {
    namespaces = Collections.unmodifiableSortedMap(new TreeMap<>(namespaces));
  }

  boolean isEmpty() {
    return namespaces.isEmpty() && otherDefault.isEmpty();
  }
}
