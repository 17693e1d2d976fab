package io.scanwarden.operator.tenant;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which namespace belongs to which tenant, as far as it was told of quotas and namespaces.
 *
 * <p>A namespace belongs to the oldest quota that selects it. One that no quota selects is a tenant
 * of its own without limits, unless there is a default: then it is {@link Tenancy.Pending} until
 * there is a quota for it. So is a namespace that is not known, as long as there is any quota.
 *
 * <p>Thread-safe. {@link #tenantOf} takes no lock and a constant time; a change of a namespace
 * costs a time that grows with the number of quotas, one of a quota with the number of namespaces;
 * quotas that select a namespace by its name, as generated ones do, concern no other.
 */
final class TenantDirectory {
  private static final Tenancy NONE = new Tenancy.None();
  private static final Tenancy WITHOUT_QUOTA =
      new Tenancy.Pending("the TenantQuota of the namespace has yet to be made of the default one");
  private static final Tenancy NOTHING_READ =
      new Tenancy.Pending("the TenantQuotas have not been read yet");
  private static final Tenancy UNKNOWN = new Tenancy.Pending("the namespace is not known yet");

  private final TenantListener listener;

  /** The answers, for the namespaces that are known. */
  private final ConcurrentMap<String, Tenancy> tenancies = new ConcurrentHashMap<>();

  /** The answer for all others. */
  private volatile Tenancy unknown = NOTHING_READ;

  private boolean complete;

  private final Map<String, Quota> quotas = new HashMap<>();
  private final Map<String, KnownNamespace> namespaces = new HashMap<>();

  /** By the quota, the namespaces that it selects, whether it has them or not. */
  private final Map<String, NavigableSet<String>> selected = new HashMap<>();

  /** The quotas that can select one namespace only, by its name. */
  private final Map<String, Set<Quota>> byNamespace = new HashMap<>();

  /** The quotas that may select any. */
  private final Set<Quota> general = new HashSet<>();

  private final NavigableSet<Quota> defaults = new TreeSet<>(Quota.PRECEDENCE);

  TenantDirectory(TenantListener listener) {
    this.listener = listener;
  }

  // ---- questions

  /** Whose a namespace is. */
  Tenancy tenantOf(String namespace) {
    Tenancy known = tenancies.get(namespace);
    return known == null ? unknown : known;
  }

  /** The namespaces of a quota, sorted; none of one that does not exist. */
  synchronized List<String> namespacesOf(String quota) {
    return selectedBy(quota).stream().filter(name -> winner(name).equals(quota)).toList();
  }

  /** What a quota claims, and another has. */
  synchronized QuotaConflicts conflictsOf(String quota) {
    SortedMap<String, String> lost = new TreeMap<>();
    for (String name : selectedBy(quota)) {
      if (!winner(name).equals(quota)) {
        lost.put(name, winner(name));
      }
    }
    return new QuotaConflicts(lost, Optional.ofNullable(lostDefaults().get(quota)));
  }

  /** The limits of a quota, if there is one. */
  synchronized Optional<TenantLimits> limitsOf(String quota) {
    return Optional.ofNullable(quotas.get(quota)).map(Quota::limits);
  }

  /**
   * What is to be done so that each namespace has the quota that the default asks for. Only to be
   * asked for when all quotas and namespaces have been told of.
   */
  synchronized DefaultQuotas.Plan planDefaults() {
    Set<String> left = new TreeSet<>();
    namespaces.forEach(
        (name, known) -> {
          if (known.selecting.isEmpty() || known.selecting.first().isGenerated()) {
            left.add(name);
          }
        });
    return DefaultQuotas.plan(quotas.values(), left);
  }

  private Collection<String> selectedBy(String quota) {
    return selected.getOrDefault(quota, new TreeSet<>());
  }

  private String winner(String namespace) {
    return Objects.requireNonNull(namespaces.get(namespace)).selecting.first().name();
  }

  // ---- changes

  /**
   * All quotas that there were have been told of; before, a namespace that none of them selects may
   * still be anybody's.
   */
  void complete() {
    change(
        told -> {
          complete = true;
          unknown = unknown();
          namespaces.values().forEach(known -> settle(known, told));
        });
  }

  private Tenancy unknown() {
    return complete ? quotas.isEmpty() ? NONE : UNKNOWN : NOTHING_READ;
  }

  /** The quota is there, or has changed. */
  void put(Quota quota) {
    change(told -> replace(quota.name(), quota, told));
  }

  /** The quota is gone. */
  void remove(String quota) {
    change(told -> replace(quota, null, told));
  }

  /** The namespace is there, or has other labels. */
  void putNamespace(String namespace, Map<String, String> labels) {
    change(
        told -> {
          KnownNamespace known = namespaces.computeIfAbsent(namespace, KnownNamespace::new);
          NavigableSet<Quota> now = new TreeSet<>(Quota.PRECEDENCE);
          known.labels = Map.copyOf(labels);
          general.stream().filter(quota -> quota.selects(labels)).forEach(now::add);
          byNamespace.getOrDefault(namespace, Set.of()).stream()
              .filter(quota -> quota.selects(labels))
              .forEach(now::add);
          reselect(known, now, told);
        });
  }

  /** The namespace is gone. */
  void removeNamespace(String namespace) {
    change(
        told -> {
          KnownNamespace known = namespaces.get(namespace);
          if (known != null) {
            Tenancy before = tenantOf(namespace);
            names(known.selecting).forEach(quota -> deselect(quota, namespace));
            told.quotas.addAll(names(known.selecting));
            namespaces.remove(namespace);
            tenancies.remove(namespace);
            told.changed(namespace, before, unknown);
          }
        });
  }

  private void change(Consumer<Told> change) {
    Told told = new Told();
    synchronized (this) {
      change.accept(told);
    }
    told.namespaces.forEach(listener::tenantChanged);
    told.quotas.forEach(listener::quotaChanged);
  }

  private void replace(String name, @Nullable Quota quota, Told told) {
    Quota before = quota == null ? quotas.remove(name) : quotas.put(name, quota);
    if (Objects.equals(before, quota)) {
      return;
    }
    if (before == null
        || quota == null
        || !before.uid().equals(quota.uid())
        || !before.limits().equals(quota.limits())) {
      told.quotas.add(name);
    }
    unknown = unknown();
    boolean hadDefault = !defaults.isEmpty();
    replaceDefault(before, quota, told);
    if (before != null) {
      unindex(before);
    }
    if (quota != null) {
      index(quota);
    }
    for (KnownNamespace known : concerned(before, quota)) {
      boolean was = before != null && known.selecting.contains(before);
      boolean is = quota != null && quota.selects(known.labels);
      if (was || is) {
        NavigableSet<Quota> now = new TreeSet<>(known.selecting);
        if (before != null) {
          now.remove(before);
        }
        if (quota != null && is) {
          now.add(quota);
        }
        reselect(known, now, told);
      }
    }
    if (hadDefault == defaults.isEmpty()) {
      // After what the quota selects itself, so that no answer in between is None.
      namespaces.values().forEach(known -> settle(known, told));
    }
  }

  private void replaceDefault(@Nullable Quota before, @Nullable Quota quota, Told told) {
    Map<String, String> lostBefore = lostDefaults();
    if (before != null && before.isDefault()) {
      defaults.remove(before);
    }
    if (quota != null && quota.isDefault()) {
      defaults.add(quota);
    }
    Map<String, String> lostNow = lostDefaults();
    Set<String> names = new HashSet<>(lostBefore.keySet());
    names.addAll(lostNow.keySet());
    for (String name : names) {
      if (!Objects.equals(lostBefore.get(name), lostNow.get(name))) {
        told.quotas.add(name);
      }
    }
  }

  /** The quotas that would be the default, with the name of the one that is. */
  private Map<String, String> lostDefaults() {
    Map<String, String> lost = new HashMap<>();
    for (Quota quota : defaults) {
      if (!quota.equals(defaults.first())) {
        lost.put(quota.name(), defaults.first().name());
      }
    }
    return lost;
  }

  private void index(Quota quota) {
    quota
        .onlyNamespace()
        .map(name -> byNamespace.computeIfAbsent(name, key -> new HashSet<>()))
        .orElse(general)
        .add(quota);
  }

  private void unindex(Quota quota) {
    quota
        .onlyNamespace()
        .ifPresentOrElse(
            name ->
                byNamespace.computeIfPresent(
                    name,
                    (key, those) -> {
                      those.remove(quota);
                      return those.isEmpty() ? null : those;
                    }),
            () -> general.remove(quota));
  }

  /** The namespaces that a change of a quota may concern. */
  private Collection<KnownNamespace> concerned(@Nullable Quota before, @Nullable Quota now) {
    Set<KnownNamespace> some = new HashSet<>();
    for (Quota quota : Stream.of(before, now).filter(Objects::nonNull).toList()) {
      if (quota.onlyNamespace().isEmpty()) {
        return namespaces.values();
      }
      KnownNamespace known = namespaces.get(quota.onlyNamespace().get());
      if (known != null) {
        some.add(known);
      }
    }
    return some;
  }

  /** Notes which quotas select a namespace now, and what follows. */
  private void reselect(KnownNamespace known, NavigableSet<Quota> now, Told told) {
    Set<String> before = names(known.selecting);
    Set<String> after = names(now);
    Set<String> left = new HashSet<>(before);
    left.removeAll(after);
    Set<String> joined = new HashSet<>(after);
    joined.removeAll(before);
    left.forEach(quota -> deselect(quota, known.name));
    joined.forEach(
        quota -> selected.computeIfAbsent(quota, key -> new TreeSet<>()).add(known.name));
    told.quotas.addAll(left);
    told.quotas.addAll(joined);
    if (!firstName(known.selecting).equals(firstName(now))) {
      told.quotas.addAll(after);
    }
    known.selecting = now;
    settle(known, told);
  }

  private void deselect(String quota, String namespace) {
    selected.computeIfPresent(
        quota,
        (key, those) -> {
          those.remove(namespace);
          return those.isEmpty() ? null : those;
        });
  }

  private static Set<String> names(Collection<Quota> quotas) {
    return quotas.stream().map(Quota::name).collect(Collectors.toSet());
  }

  private static Optional<String> firstName(Collection<Quota> quotas) {
    return quotas.stream().findFirst().map(Quota::name);
  }

  /** Answers from now on what follows from the quotas that select the namespace. */
  private void settle(KnownNamespace known, Told told) {
    Tenancy now;
    if (known.selecting.isEmpty()) {
      now = complete ? defaults.isEmpty() ? NONE : WITHOUT_QUOTA : NOTHING_READ;
    } else {
      Quota first = known.selecting.first();
      now = new Tenancy.Of(first.name(), first.limits());
    }
    Tenancy before = tenantOf(known.name);
    tenancies.put(known.name, now);
    told.changed(known.name, before, now);
  }

  /** A namespace, and what is known of it. */
  private static final class KnownNamespace {
    private final String name;
    private Map<String, String> labels = Map.of();

    /** The quotas that select it; it belongs to the first. */
    private NavigableSet<Quota> selecting = new TreeSet<>(Quota.PRECEDENCE);

    KnownNamespace(String name) {
      this.name = name;
    }
  }

  /** What the listener is to be told of. */
  private static final class Told {
    private final Set<String> namespaces = new TreeSet<>();
    private final Set<String> quotas = new TreeSet<>();

    void changed(String namespace, Tenancy before, Tenancy now) {
      if (!isSameTenant(before, now)) {
        namespaces.add(namespace);
      }
    }

    private static boolean isSameTenant(Tenancy before, Tenancy now) {
      if (before instanceof Tenancy.Of one && now instanceof Tenancy.Of other) {
        return one.quota().equals(other.quota());
      }
      return before.getClass() == now.getClass();
    }
  }
}
