package io.scanwarden.operator.time;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The hash behind {@code H} and jitter: the same on every machine, in every version. Whoever
 * changes it moves every hashed schedule of every user.
 *
 * @param seed the first eight bytes of the SHA-256 of the schedule's namespace/name
 */
record StableHash(long seed) {
  static StableHash of(String identity) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(identity.getBytes(StandardCharsets.UTF_8));
      return new StableHash(ByteBuffer.wrap(digest).getLong());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** A number from 0 to {@code bound - 1} for this identity and {@code key}, evenly spread. */
  long below(long bound, long key) {
    return Long.remainderUnsigned(mix(seed ^ mix(key)), bound);
  }

  /** The finalizer of SplitMix64 (Steele, Lea, Flood 2014): each bit depends on each. */
  private static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
