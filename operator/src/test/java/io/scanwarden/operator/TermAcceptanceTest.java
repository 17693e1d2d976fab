package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.scanwarden.operator.leader.FencedException;
import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.ApiAnswer;
import io.scanwarden.operator.run.JobResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TermAcceptanceTest {
  private static final ApiAnswer DONE = new ApiAnswer.Done(new JobResource(), List.of());
  private static final ApiAnswer OTHER_TERM = new ApiAnswer.OtherTerm("the term is 3");
  private static final ApiAnswer OTHER_POLICY = new ApiAnswer.Refused(false, "no label team");
  private static final ApiAnswer NO_ANSWER = new ApiAnswer.Unanswered("timeout");

  private final List<String> asked = new ArrayList<>();
  private final List<Long> terms = new ArrayList<>();
  private final List<Duration> pauses = new ArrayList<>();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private OptionalLong term = OptionalLong.of(4);
  private Duration answering = Duration.ZERO;
  private Duration passed = Duration.ZERO;
  private boolean closing;

  @Test
  void whatIsAcceptedAtOnceWaitsForTheOtherServersOnly() {
    assertThat(acceptance(Set.of(), DONE).await()).isTrue();

    assertThat(asked).containsExactly("home", "home");
    assertThat(terms).as("its own, and one that cannot be").containsExactly(4L, 5L);
    assertThat(pauses).containsExactly(TermAcceptance.OTHERS);
  }

  @Test
  void whatItAsksMeanwhileIsPartOfTheSecondForTheOtherServers() {
    answering = Duration.ofMillis(300);

    assertThat(acceptance(Set.of(), DONE, OTHER_TERM).await()).isTrue();
    assertThat(pauses).containsExactly(TermAcceptance.OTHERS.minusMillis(300));

    answering = Duration.ofSeconds(3);
    assertThat(acceptance(Set.of(), DONE, OTHER_TERM).await()).isTrue();
    assertThat(pauses.getLast()).isZero();
  }

  @Test
  void triesAgainWhileTheServerKnowsAnOlderTerm() {
    assertThat(acceptance(Set.of(), OTHER_TERM, OTHER_TERM, DONE).await()).isTrue();

    assertThat(pauses)
        .containsExactly(TermAcceptance.AGAIN, TermAcceptance.AGAIN, TermAcceptance.OTHERS);
    assertThat(registry.get("scanwarden.term.refusals").counter().count()).isEqualTo(2);
  }

  @Test
  void countsTheRefusalThatShowsThatTermsAreChecked() {
    assertThat(acceptance(Set.of(), DONE, OTHER_TERM).await()).isTrue();

    assertThat(terms).containsExactly(4L, 5L);
    assertThat(registry.get("scanwarden.term.refusals").counter().count()).isEqualTo(1);
  }

  @Test
  void whatSaysNothingOfTheTermIsTriedInAnotherNamespace() {
    assertThat(acceptance(Set.of("b", "a"), OTHER_POLICY, NO_ANSWER, DONE).await()).isTrue();

    assertThat(asked).containsExactly("a", "b", "a", "a");
  }

  @Test
  void whoLacksQuotaHasPassedThePolicies() {
    ApiAnswer quota = new ApiAnswer.Refused(false, "forbidden: exceeded quota: jobs, used: 3");

    assertThat(acceptance(Set.of(), quota).await()).isTrue();

    assertThat(pauses).containsExactly(TermAcceptance.OTHERS);
  }

  @Test
  void leadsAllTheSameAfterAWhile() {
    assertThat(acceptance(Set.of(), OTHER_POLICY).await()).isTrue();
    assertThat(acceptance(Set.of(), OTHER_TERM).await()).isTrue();

    long tries = TermAcceptance.LONGEST.dividedBy(TermAcceptance.AGAIN) + 1;
    assertThat(asked).hasSize((int) (2 * tries));
    assertThat(pauses.getLast()).isEqualTo(TermAcceptance.OTHERS);
  }

  @Test
  void whoHasLostTheLeaseAsksNothing() {
    term = OptionalLong.empty();

    assertThat(acceptance(Set.of(), DONE).await()).isFalse();

    assertThat(asked).isEmpty();
  }

  @Test
  void whoEndsDoesNotLeadAnyMore() {
    closing = true;

    assertThat(acceptance(Set.of(), DONE).await()).isFalse();
    assertThat(acceptance(Set.of(), OTHER_TERM).await()).isFalse();

    assertThat(asked).hasSize(3);
  }

  /** Is answered that, and the last of it for ever. */
  private TermAcceptance acceptance(Set<String> watched, ApiAnswer... answers) {
    int before = asked.size();
    return new TermAcceptance(
        watched,
        "home",
        (namespace, inTerm) -> {
          asked.add(namespace);
          terms.add(inTerm);
          passed = passed.plus(answering);
          return answers[Math.min(asked.size() - before, answers.length) - 1];
        },
        new Fence(),
        duration -> {
          pauses.add(duration);
          passed = passed.plus(duration);
          return !closing;
        },
        () -> passed.toNanos(),
        new Metrics(registry));
  }

  private final class Fence implements WriteFence {
    @Override
    public OptionalLong term() {
      return term;
    }

    @Override
    public boolean isOpen() {
      return term.isPresent();
    }

    @Override
    public void check() {
      if (!isOpen()) {
        throw new FencedException("closed");
      }
    }
  }
}
