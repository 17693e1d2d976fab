package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RehearsalTest {
  @Test
  void firesAgainAndAgain() throws Exception {
    assertThat(new Rehearsal().run()).isGreaterThan(100);
  }
}
