package io.scanwarden.operator.bench;

/** A kind of write by which Jobs start, sent as bytes by a client that does nothing else. */
interface RawWrites {
  /** What is written, for people. */
  String what();

  /**
   * Starts so many Jobs, so many at a time, and waits until a watch has told of all of them.
   *
   * @param api of the user who writes
   * @return how many started a second, as the watch told of them
   */
  double send(ApiServer api, int count, int atATime) throws Exception;
}
