package io.scanwarden.operator.observe;

import io.fabric8.kubernetes.api.model.ObjectReference;
import java.util.function.BooleanSupplier;

/**
 * Tells users of an object what happened to it, as Kubernetes Events ({@code kubectl describe}).
 */
public interface EventRecorder {

  /** Kubernetes' two types of Events. */
  enum Type {
    NORMAL("Normal"),
    WARNING("Warning");

    private final String text;

    Type(String text) {
      this.text = text;
    }

    /** As the API writes it. */
    public String text() {
      return text;
    }
  }

  /**
   * Records an Event. Returns at once: the Event is written later or, when too many come, dropped
   * and counted.
   *
   * @param regarding the object it is about: apiVersion, kind, name, namespace and uid
   * @param reason why, CamelCase, at most 128 characters: a fixed word
   * @param action what the operator did or failed to do, CamelCase, at most 128 characters: a fixed
   *     word
   * @param message for a person; cut at 1024 characters
   */
  void record(ObjectReference regarding, Type type, String reason, String action, String message);

  /**
   * From now on Events give way, for a while, whenever there is something more urgent to do.
   *
   * @param urgent whether there is now
   */
  default void behind(BooleanSupplier urgent) {}
}
