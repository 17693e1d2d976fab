package io.scanwarden.operator.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.scanwarden.operator.schedule.ConcurrencyGroups.Group;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConcurrencyGroupsTest {
  private static final Group GROUP = new Group("ns", "account");
  private static final ScheduleKey A = new ScheduleKey("ns", "a");
  private static final ScheduleKey B = new ScheduleKey("ns", "b");
  private static final ScheduleKey C = new ScheduleKey("ns", "c");

  private final List<ScheduleKey> told = new ArrayList<>();
  private final ConcurrencyGroups groups = new ConcurrencyGroups(told::add);

  @Test
  void oneScheduleAtATime() {
    assertThat(groups.enter(GROUP, A, at(1))).isTrue();

    assertThat(groups.mayEnter(GROUP, B, at(1))).isFalse();
    assertThat(groups.enter(GROUP, B, at(1))).isFalse();
    assertThat(groups.enter(new Group("other", "account"), B, at(1))).isTrue();
    assertThat(groups.enter(GROUP, A, at(2))).as("again").isTrue();

    groups.leave(GROUP, A);
    assertThat(told).isEmpty();
    assertThat(groups.enter(GROUP, B, at(1))).isTrue();
  }

  @Test
  void whoHasBeenDueForTheLongestIsNext() {
    groups.hold(GROUP, A);
    groups.await(GROUP, C, at(3));
    groups.await(GROUP, B, at(2));

    groups.leave(GROUP, A);

    assertThat(told).containsExactly(B);
    assertThat(groups.enter(GROUP, C, at(3))).isFalse();
    assertThat(groups.enter(GROUP, A, at(4))).isFalse();
    assertThat(groups.enter(GROUP, A, at(1))).as("due before all that wait").isTrue();
    groups.leave(GROUP, A);
    assertThat(groups.enter(GROUP, B, at(2))).isTrue();
    groups.leave(GROUP, B);
    assertThat(told).containsExactly(B, B, C);
  }

  @Test
  void whoWaitsNoLongerStandsInNobodysWay() {
    groups.await(GROUP, B, at(1));
    assertThat(groups.mayEnter(GROUP, C, at(2))).isFalse();

    groups.stopWaiting(GROUP, B);

    assertThat(groups.mayEnter(GROUP, C, at(2))).isTrue();
  }

  /** Whoever was active may have left between the look at the group and the wait for it. */
  @Test
  void whoWaitsForAGroupThatIsFreeByNowIsTold() {
    groups.hold(GROUP, A);
    assertThat(groups.mayEnter(GROUP, B, at(1))).isFalse();
    groups.leave(GROUP, A);
    assertThat(told).isEmpty();

    groups.await(GROUP, B, at(1));

    assertThat(told).containsExactly(B);
  }

  /** As after an edit that puts schedules with active runs into one group. */
  @Test
  void whereSeveralAreActiveNobodyBeginsBeforeAllHaveEnded() {
    groups.hold(GROUP, A);
    groups.hold(GROUP, B);
    groups.await(GROUP, C, at(1));

    groups.leave(GROUP, A);
    assertThat(told).isEmpty();
    assertThat(groups.mayEnter(GROUP, B, at(0))).isTrue();
    assertThat(groups.mayEnter(GROUP, C, at(1))).isFalse();

    groups.leave(GROUP, B);
    assertThat(told).containsExactly(C);
  }

  @Test
  void aScheduleFollowsItsGroup() {
    GroupPlace place = new GroupPlace(groups, A);
    place.follow(Optional.of("account"), true, Optional.empty());
    assertThat(groups.mayEnter(GROUP, B, at(1))).isFalse();

    place.follow(Optional.of("other"), true, Optional.empty());
    assertThat(groups.mayEnter(GROUP, B, at(1))).isTrue();
    assertThat(groups.mayEnter(new Group("ns", "other"), B, at(1))).isFalse();

    place.follow(Optional.of("other"), false, Optional.of(at(5)));
    assertThat(groups.mayEnter(new Group("ns", "other"), B, at(6))).isFalse();
    place.follow(Optional.empty(), true, Optional.empty());
    assertThat(groups.mayEnter(new Group("ns", "other"), B, at(6))).isTrue();
    assertThat(place.enter(at(1))).as("without a group").isTrue();
  }

  private static Instant at(long second) {
    return Instant.ofEpochSecond(second);
  }
}
