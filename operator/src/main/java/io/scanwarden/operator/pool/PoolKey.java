package io.scanwarden.operator.pool;

/** Which pool. */
public record PoolKey(String namespace, String name) {
  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
