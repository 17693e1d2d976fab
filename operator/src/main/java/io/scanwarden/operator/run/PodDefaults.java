package io.scanwarden.operator.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.JobDefaults;
import io.scanwarden.api.v1alpha1.ResourceDefaults;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a pool's jobDefaults put into a Job's Pods where the Job says nothing. Prepared once, since
 * each start of the pool takes it.
 *
 * <p>A container that has requests or limits keeps them, and what it lacks must fit: a default
 * request above its limit, or a default limit below its request, is left out, since the API server
 * would refuse the Job for it. A Job that says something about the resources of its whole Pod says
 * it of the containers too.
 */
public final class PodDefaults {
  private static final ObjectMapper JSON = ApiJson.newMapper();
  private static final String REQUESTS = "requests";
  private static final String LIMITS = "limits";

  /** Nothing. */
  public static final PodDefaults NONE = of(new JobDefaults(null, null, null, null));

  private final JobDefaults defaults;
  private final ObjectNode nodeSelector;
  private final ArrayNode tolerations;
  private final ObjectNode requests;
  private final ObjectNode limits;

  private PodDefaults(
      JobDefaults defaults,
      ObjectNode nodeSelector,
      ArrayNode tolerations,
      ObjectNode requests,
      ObjectNode limits) {
    this.defaults = defaults;
    this.nodeSelector = nodeSelector;
    this.tolerations = tolerations;
    this.requests = requests;
    this.limits = limits;
  }

  /** Those of a pool. */
  public static PodDefaults of(JobDefaults defaults) {
    ObjectNode nodeSelector = JsonNodeFactory.instance.objectNode();
    orEmpty(defaults.nodeSelector()).forEach(nodeSelector::put);
    ArrayNode tolerations = JsonNodeFactory.instance.arrayNode();
    if (defaults.tolerations() != null) {
      defaults.tolerations().forEach(t -> tolerations.add(JSON.<JsonNode>valueToTree(t)));
    }
    ResourceDefaults resources = defaults.resources();
    return new PodDefaults(
        defaults,
        nodeSelector,
        tolerations,
        quantities(resources == null ? null : resources.requests()),
        quantities(resources == null ? null : resources.limits()));
  }

  private static ObjectNode quantities(@Nullable Map<String, Quantity> from) {
    ObjectNode to = JsonNodeFactory.instance.objectNode();
    orEmpty(from).forEach((name, quantity) -> to.put(name, quantity.toString()));
    return to;
  }

  private static <V> Map<String, V> orEmpty(@Nullable Map<String, V> map) {
    return map == null ? Map.of() : map;
  }

  /** Fills in the spec of a Pod, or of a template of Pods. What is no Pod's spec stays as it is. */
  public void fillIn(ObjectNode podSpec) {
    String priorityClass = defaults.priorityClassName();
    if (priorityClass != null && podSpec.path("priorityClassName").asText("").isEmpty()) {
      podSpec.put("priorityClassName", priorityClass);
    }
    if (!nodeSelector.isEmpty() && saysNothing(podSpec.path("nodeSelector"))) {
      podSpec.set("nodeSelector", nodeSelector.deepCopy());
    }
    if (!tolerations.isEmpty() && saysNothing(podSpec.path("tolerations"))) {
      podSpec.set("tolerations", tolerations.deepCopy());
    }
    if ((requests.isEmpty() && limits.isEmpty()) || !saysNothing(podSpec.path("resources"))) {
      return;
    }
    for (String kind : List.of("initContainers", "containers")) {
      for (JsonNode container : podSpec.path(kind)) {
        if (container instanceof ObjectNode object) {
          fillInContainer(object);
        }
      }
    }
  }

  private void fillInContainer(ObjectNode container) {
    JsonNode said = container.path("resources");
    boolean lacksLimits = saysNothing(said.path(LIMITS));
    boolean lacksRequests = saysNothing(said.path(REQUESTS));
    ObjectNode fitting = JsonNodeFactory.instance.objectNode();
    if (lacksLimits) {
      setUnlessEmpty(fitting, LIMITS, fitting(limits, said.path(REQUESTS), 1));
    }
    if (lacksRequests) {
      JsonNode bounds = lacksLimits ? fitting.path(LIMITS) : said.path(LIMITS);
      setUnlessEmpty(fitting, REQUESTS, fitting(requests, bounds, -1));
    }
    if (fitting.isEmpty()) {
      return;
    }
    if (said instanceof ObjectNode resources) {
      resources.setAll(fitting);
    } else if (said.isMissingNode() || said.isNull()) {
      container.set("resources", fitting);
    }
  }

  private static void setUnlessEmpty(ObjectNode to, String field, ObjectNode value) {
    if (!value.isEmpty()) {
      to.set(field, value);
    }
  }

  /** Those of the defaults that are on the right side of the bound for the same resource. */
  private static ObjectNode fitting(ObjectNode defaults, JsonNode bounds, int side) {
    ObjectNode fitting = JsonNodeFactory.instance.objectNode();
    defaults
        .properties()
        .forEach(
            entry -> {
              JsonNode bound = bounds.path(entry.getKey());
              boolean fits =
                  bound.isMissingNode()
                      || compare(entry.getValue(), bound).filter(c -> c * side >= 0).isPresent();
              if (fits) {
                fitting.set(entry.getKey(), entry.getValue());
              }
            });
    return fitting;
  }

  private static Optional<Integer> compare(JsonNode one, JsonNode other) {
    return amount(one).flatMap(a -> amount(other).map(b -> a.compareTo(b)));
  }

  private static Optional<BigDecimal> amount(JsonNode quantity) {
    try {
      return Optional.ofNullable(Quantity.parse(quantity.asText("")).getNumericalAmount());
    } catch (RuntimeException e) {
      return Optional.empty(); // what the API server would refuse, it may refuse as it is
    }
  }

  /** Absent, null and empty are the same to the API server. */
  private static boolean saysNothing(JsonNode value) {
    return value.isMissingNode() || value.isNull() || (value.isContainerNode() && value.isEmpty());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PodDefaults pods && defaults.equals(pods.defaults);
  }

  @Override
  public int hashCode() {
    return defaults.hashCode();
  }

  @Override
  public String toString() {
    return defaults.toString();
  }
}
