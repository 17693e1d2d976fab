package io.scanwarden.operator.pool;

/** Which Job, whether it exists already or not. */
public record JobKey(String namespace, String name) implements Comparable<JobKey> {

  /** By name first, as the order of a queue has it. */
  @Override
  public int compareTo(JobKey other) {
    int byName = name.compareTo(other.name);
    return byName != 0 ? byName : namespace.compareTo(other.namespace);
  }

  /** Something of the Job that is not the Job itself: no Job has such a name. */
  JobKey part(String part) {
    return new JobKey(namespace, name + "/" + part);
  }

  /** The Job of which this is a part; itself if it is none. */
  JobKey whole() {
    int end = name.indexOf('/');
    return end < 0 ? this : new JobKey(namespace, name.substring(0, end));
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
