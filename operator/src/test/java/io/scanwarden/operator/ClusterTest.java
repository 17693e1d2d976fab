package io.scanwarden.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.fabric8.kubernetes.api.model.APIResourceBuilder;
import io.fabric8.kubernetes.api.model.APIResourceListBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@EnableKubernetesMockClient
@NullUnmarked
class ClusterTest {
  KubernetesMockServer server;
  KubernetesClient client;

  private void serves(String... resources) {
    server
        .expect()
        .get()
        .withPath("/apis/scanwarden.io/v1alpha1")
        .andReturn(
            200,
            new APIResourceListBuilder()
                .withResources(
                    Stream.of(resources)
                        .map(name -> new APIResourceBuilder().withName(name).build())
                        .toList())
                .build())
        .always();
  }

  @Test
  void oneWithTheCrdsOfAnOlderVersionIsToldWhichAreMissing() {
    serves("scanschedules", "workerpools");

    assertThatExceptionOfType(Cluster.Unusable.class)
        .isThrownBy(() -> Cluster.check(client.getConfiguration()))
        .withMessageContaining(" does not know TenantQuotas (scanwarden.io/v1alpha1); install");
  }

  @Test
  void aClusterThatServesOurResourcesIsUsable() {
    serves("scanschedules", "workerpools", "tenantquotas");

    assertThatNoException().isThrownBy(() -> Cluster.check(client.getConfiguration()));
  }

  @Test
  void oneWithoutTheCrdIsToldHowToInstallIt() {
    assertThatExceptionOfType(Cluster.Unusable.class)
        .isThrownBy(() -> Cluster.check(client.getConfiguration()))
        .withMessage(
            "the cluster at "
                + client.getMasterUrl()
                + " does not know ScanSchedules, TenantQuotas, WorkerPools (scanwarden.io/v1alpha1);"
                + " install them with: kubectl apply -f crds/manifests");
  }

  @Test
  void refusedCredentialsAreToldFromNoAnswer() {
    server
        .expect()
        .get()
        .withPath("/apis/scanwarden.io/v1alpha1")
        .andReturn(
            401,
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"Unauthorized\",\"code\":401}")
        .always();

    assertThatExceptionOfType(Cluster.Unusable.class)
        .isThrownBy(() -> Cluster.check(client.getConfiguration()))
        .withMessageStartingWith(
            "the Kubernetes API at " + client.getMasterUrl() + " refuses the credentials: ")
        .withMessageContaining("Unauthorized");
  }

  @Test
  void theNamespaceIsThatOfTheContext(@TempDir Path folder) throws Exception {
    assertThat(Cluster.namespace(Cluster.find(CommandLineTest.kubeconfig(folder, 1), Map.of())))
        .isEqualTo("scans");
  }
}
