package io.scanwarden.operator.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.scanwarden.api.v1alpha1.ApiJson;
import io.scanwarden.api.v1alpha1.JobDefaults;
import io.scanwarden.api.v1alpha1.ResourceDefaults;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodDefaultsTest {
  private static final ObjectMapper JSON = ApiJson.newMapper();

  private static final PodDefaults ALL =
      PodDefaults.of(
          new JobDefaults(
              "low",
              Map.of("disk", "ssd"),
              List.of(new TolerationBuilder().withKey("scans").withOperator("Exists").build()),
              resources("500m", "64Mi", "512Mi")));

  private static ResourceDefaults resources(String cpu, String memory, String maxMemory) {
    return new ResourceDefaults(
        Map.of("memory", new Quantity(maxMemory)),
        Map.of("cpu", new Quantity(cpu), "memory", new Quantity(memory)));
  }

  private static ObjectNode filledIn(PodDefaults defaults, String podSpec)
      throws JsonProcessingException {
    ObjectNode pod = (ObjectNode) JSON.readTree(podSpec);
    defaults.fillIn(pod);
    return pod;
  }

  private static void assertFilledIn(String podSpec, String expected)
      throws JsonProcessingException {
    assertThat(filledIn(ALL, podSpec)).isEqualTo(JSON.readTree(expected));
  }

  private static final String REST =
      """
      "priorityClassName":"low","nodeSelector":{"disk":"ssd"},
      "tolerations":[{"key":"scans","operator":"Exists"}]""";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'containers':[{'name':'c'}],'initContainers':[{'name':'i'}]}",
        "{'containers':[{'name':'c','resources':null}],'initContainers':[{'name':'i','resources':{}}],"
            + "'priorityClassName':'','nodeSelector':{},'tolerations':[],'resources':{}}",
        "{'containers':[{'name':'c','resources':{'requests':null,'limits':{}}}],"
            + "'initContainers':[{'name':'i'}],'nodeSelector':null,'tolerations':null,'resources':null}"
      })
  void whatIsAbsentNullOrEmptyIsFilledIn(String podSpec) throws JsonProcessingException {
    ObjectNode pod = filledIn(ALL, podSpec.replace('\'', '"'));

    assertThat(pod.path("priorityClassName").asText()).isEqualTo("low");
    assertThat(pod.path("nodeSelector")).isEqualTo(JSON.readTree("{\"disk\":\"ssd\"}"));
    assertThat(pod.path("tolerations"))
        .isEqualTo(JSON.readTree("[{\"key\":\"scans\",\"operator\":\"Exists\"}]"));
    for (String kind : List.of("containers", "initContainers")) {
      assertThat(pod.path(kind).path(0).path("resources"))
          .isEqualTo(
              JSON.readTree(
                  """
                  {"requests":{"cpu":"500m","memory":"64Mi"},"limits":{"memory":"512Mi"}}"""));
    }
  }

  @Test
  void whatTheJobSaysStays() throws JsonProcessingException {
    String said =
        """
        {"priorityClassName":"high","nodeSelector":{"disk":"hdd"},"tolerations":[{"operator":"Exists"}],
         "containers":[{"name":"c","resources":{"requests":{"cpu":2},"limits":{"cpu":"3"}}}]}""";
    assertFilledIn(said, said);
  }

  @Test
  void requestsAndLimitsAreFilledInEachForItself() throws JsonProcessingException {
    assertFilledIn(
        """
        {"containers":[{"resources":{"requests":{"cpu":"1"},"claims":[{"name":"gpu"}]}},
                       {"resources":{"limits":{"cpu":"1"}}}],%s}"""
            .formatted(REST),
        """
        {"containers":[
          {"resources":{"requests":{"cpu":"1"},"claims":[{"name":"gpu"}],"limits":{"memory":"512Mi"}}},
          {"resources":{"limits":{"cpu":"1"},"requests":{"cpu":"500m","memory":"64Mi"}}}],%s}"""
            .formatted(REST));
  }

  /** The API server refuses a request above its limit. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'requests':{'memory':'1Gi'}}     | {'requests':{'memory':'1Gi'}}",
        "{'requests':{'memory':1073741824}}| {'requests':{'memory':1073741824}}",
        "{'requests':{'memory':'512Mi'}}   | {'requests':{'memory':'512Mi'},'limits':{'memory':'512Mi'}}",
        "{'limits':{'memory':'32Mi'}}      | {'limits':{'memory':'32Mi'},'requests':{'cpu':'500m'}}",
        "{'limits':{'memory':'1Gi','cpu':'0.4'}} | {'limits':{'memory':'1Gi','cpu':'0.4'},'requests':{'memory':'64Mi'}}",
        "{'limits':{'memory':'much'}}      | {'limits':{'memory':'much'},'requests':{'cpu':'500m'}}",
        "{'limits':{'memory':[1]}}         | {'limits':{'memory':[1]},'requests':{'cpu':'500m'}}",
      })
  void aDefaultThatContradictsTheContainerIsLeftOut(String said, String expected)
      throws JsonProcessingException {
    String pod = "{\"containers\":[{\"resources\":%s}],%s}";
    assertFilledIn(
        pod.formatted(said.replace('\'', '"'), REST),
        pod.formatted(expected.replace('\'', '"'), REST));
  }

  @Test
  void aDefaultRequestAboveTheDefaultLimitIsLeftOut() throws JsonProcessingException {
    PodDefaults contradictory =
        PodDefaults.of(new JobDefaults(null, null, null, resources("1", "2Gi", "1Gi")));

    assertThat(filledIn(contradictory, "{\"containers\":[{}]}"))
        .isEqualTo(
            JSON.readTree(
                """
                {"containers":[{"resources":{"limits":{"memory":"1Gi"},"requests":{"cpu":"1"}}}]}"""));
  }

  @Test
  void resourcesOfTheWholePodAreSaidOfItsContainersToo() throws JsonProcessingException {
    String pod =
        """
        {"resources":{"limits":{"memory":"128Mi"}},"containers":[{"name":"c"}],%s}"""
            .formatted(REST);
    assertFilledIn(pod, pod);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'containers':null}",
        "{'containers':'c'}",
        "{'containers':[1,null,'c']}",
        "{'containers':{'name':'c'}}",
        "{'containers':[{'resources':'many'}],'initContainers':[{'resources':[]}]}",
        "{}"
      })
  void whatIsNoPodHarmsNothing(String podSpec) throws JsonProcessingException {
    ObjectNode before = (ObjectNode) JSON.readTree(podSpec.replace('\'', '"'));

    ObjectNode after = filledIn(ALL, podSpec.replace('\'', '"'));

    assertThat(after.path("priorityClassName").asText()).isEqualTo("low");
    assertThat(after.path("containers").toString()).isEqualTo(before.path("containers").toString());
  }

  @Test
  void noDefaultsChangeNothing() throws JsonProcessingException {
    String pod = "{\"containers\":[{\"name\":\"c\"}],\"nodeSelector\":{}}";
    assertThat(filledIn(PodDefaults.NONE, pod)).isEqualTo(JSON.readTree(pod));
  }

  @Test
  void onePodDoesNotChangeTheNext() throws JsonProcessingException {
    ObjectNode first = filledIn(ALL, "{\"containers\":[{}]}");
    ((ObjectNode) first.path("nodeSelector")).put("disk", "floppy");

    assertThat(filledIn(ALL, "{\"containers\":[{}]}").at("/nodeSelector/disk").asText())
        .isEqualTo("ssd");
  }
}
