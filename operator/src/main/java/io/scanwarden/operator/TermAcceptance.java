package io.scanwarden.operator;

import io.scanwarden.operator.leader.WriteFence;
import io.scanwarden.operator.observe.Metrics;
import io.scanwarden.operator.run.ApiAnswer;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that starts of earlier terms are over before a new leader looks at what there is: it
 * tries, without effect, to start a Job in its own term, until the API server knows the Lease so.
 * From then on that server refuses the starts of all other terms; the others learn of the Lease by
 * watches of their own, and are given a second.
 *
 * <p>Where the policy of the term is not installed, the first try is accepted. A try that fails for
 * another reason, such as a policy of somebody else's, says nothing; that keeps nobody from leading
 * for ever, since it may never be otherwise.
 */
final class TermAcceptance {
  /** So long an acceptance is waited for. */
  static final Duration LONGEST = Duration.ofSeconds(10);

  /** Between two tries. */
  static final Duration AGAIN = Duration.ofMillis(100);

  /** For the API servers that were not asked. */
  static final Duration OTHERS = Duration.ofSeconds(1);

  private static final Logger log = LoggerFactory.getLogger(TermAcceptance.class);

  /** What an answer says of the term. */
  enum Verdict {
    ACCEPTED,
    REFUSED,
    UNKNOWN
  }

  private final List<String> namespaces;
  private final BiFunction<String, Long, ApiAnswer> tryStart;
  private final WriteFence fence;
  private final Predicate<Duration> pause;
  private final LongSupplier nanoTime;
  private final Metrics metrics;

  /**
   * Prepares.
   *
   * @param watched the namespaces in which Jobs may be created for certain; empty for all
   * @param leaseNamespace where to try if they are all
   * @param tryStart tries without effect to start a Job in a namespace, in a term
   * @param pause waits so long; false if the process ends meanwhile
   */
  TermAcceptance(
      Set<String> watched,
      String leaseNamespace,
      BiFunction<String, Long, ApiAnswer> tryStart,
      WriteFence fence,
      Predicate<Duration> pause,
      LongSupplier nanoTime,
      Metrics metrics) {
    this.namespaces =
        watched.isEmpty() ? List.of(leaseNamespace) : watched.stream().sorted().toList();
    this.tryStart = tryStart;
    this.fence = fence;
    this.pause = pause;
    this.nanoTime = nanoTime;
    this.metrics = metrics;
  }

  /**
   * Waits until the term holds, or can be expected to.
   *
   * @return false if this process is not to lead any more: it ends, or has lost the Lease
   */
  boolean await() {
    long begin = nanoTime.getAsLong();
    for (int tries = 0; ; tries++) {
      OptionalLong term = fence.term();
      if (term.isEmpty()) {
        return false;
      }
      String namespace = namespaces.get(tries % namespaces.size());
      ApiAnswer answer = tryStart.apply(namespace, term.getAsLong());
      Duration took = Duration.ofNanos(nanoTime.getAsLong() - begin);
      Verdict verdict = verdict(answer);
      if (verdict == Verdict.REFUSED) {
        metrics.refusedForTerm();
      }
      if (verdict == Verdict.ACCEPTED) {
        log.info("Term {} accepted after {} ms", term.getAsLong(), took.toMillis());
        long accepted = nanoTime.getAsLong();
        tellWhetherChecked(namespace, term.getAsLong());
        Duration rest = OTHERS.minusNanos(nanoTime.getAsLong() - accepted);
        return pause.test(rest.isNegative() ? Duration.ZERO : rest);
      }
      log.debug("Term {} not accepted yet in namespace {}: {}", term, namespace, answer);
      if (took.compareTo(LONGEST) >= 0) {
        log.warn(
            "Term {} was not accepted within {} s, and leads all the same: {}",
            term.getAsLong(),
            LONGEST.toSeconds(),
            answer);
        return pause.test(OTHERS);
      }
      if (!pause.test(AGAIN)) {
        return false;
      }
    }
  }

  /** A term that nobody has had yet is refused wherever terms are looked at. */
  private void tellWhetherChecked(String namespace, long term) {
    if (verdict(tryStart.apply(namespace, term + 1)) == Verdict.REFUSED) {
      metrics.refusedForTerm();
    } else {
      log.warn(
          "The API server does not check the term of starts: its policy scanwarden-term is not"
              + " installed, or was once deleted and made again, after which the API server follows"
              + " the Lease only when it has been restarted");
    }
  }

  /** Quotas are looked at after all policies: who lacks one has passed those. */
  static Verdict verdict(ApiAnswer answer) {
    return switch (answer) {
      case ApiAnswer.Done done -> Verdict.ACCEPTED;
      case ApiAnswer.OtherTerm other -> Verdict.REFUSED;
      case ApiAnswer.Refused(boolean invalid, String message)
          when message.contains("exceeded quota") ->
          Verdict.ACCEPTED;
      case ApiAnswer.Refused refused -> Verdict.UNKNOWN;
      case ApiAnswer.Unanswered unanswered -> Verdict.UNKNOWN;
      case ApiAnswer.Exists exists -> Verdict.UNKNOWN;
      case ApiAnswer.Gone gone -> Verdict.UNKNOWN;
      case ApiAnswer.Deleted deleted -> Verdict.UNKNOWN;
    };
  }
}
