package io.scanwarden.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBinding;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.awaitility.Awaitility;

/** What is applied to a cluster before an operator runs there, as a user would. */
final class OperatorInstallation {
  /** What the webhooks look at. */
  private static final List<String> PROBES =
      List.of(
          """
          apiVersion: batch/v1
          kind: Job
          metadata: {name: probe, labels: {scanwarden.io/pool: nobody-s}}
          spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: none}]}}}
          """,
          """
          apiVersion: scanwarden.io/v1alpha1
          kind: ScanSchedule
          metadata: {name: probe}
          spec:
            schedule: 0 0 1 1 *
            jobTemplate:
              spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: none}]}}}
          """);

  private static final Duration NOT_ASKED = Duration.ofSeconds(60);
  private static final String NAMESPACE = "scanwarden-system";
  private static final Path MANIFESTS = LocalCluster.repository().resolve("operator/manifests");
  private static final String TERM_POLICY = "scanwarden-term";
  private static final Map<String, OperatorInstallation> BY_CLUSTER = new ConcurrentHashMap<>();

  private final String token;

  private OperatorInstallation(ControlPlane plane) {
    // The ServiceAccount's namespace must be there before the other manifests are.
    String namespace = MANIFESTS.resolve("00-namespace.yaml").toString();
    plane.kubectl("apply", "--namespace", NAMESPACE, "-f", namespace).orThrow();
    plane.kubectl("apply", "--namespace", NAMESPACE, "-f", MANIFESTS.toString()).orThrow();
    // No operator of a test holds the Lease that is shipped.
    for (ValidatingAdmissionPolicyBinding shipped : termBindings(plane)) {
      apply(plane, limited(shipped, NAMESPACE));
    }
    plane
        .kubectl("apply", "-f", LocalCluster.repository().resolve("crds/manifests").toString())
        .orThrow();
    // The second alone fails on a CRD so new that it has no conditions yet.
    await(plane, "jsonpath={.status.conditions}");
    await(plane, "condition=Established");
    token =
        plane
            .kubectl("create", "token", "scanwarden", "--namespace", NAMESPACE, "--duration=6h")
            .orThrow()
            .stdout()
            .strip();
  }

  private static void await(ControlPlane plane, String what) {
    plane
        .kubectl(
            "wait",
            "--for=" + what,
            "crd/scanschedules.scanwarden.io",
            "crd/workerpools.scanwarden.io",
            "crd/tenantquotas.scanwarden.io",
            "--timeout=60s")
        .orThrow();
  }

  /** CRDs and rights, applied by the first test that asks. */
  static OperatorInstallation of(ControlPlane plane) {
    return BY_CLUSTER.computeIfAbsent(
        plane.clusterName(), cluster -> new OperatorInstallation(plane));
  }

  /** A token of the operator's ServiceAccount. */
  String token() {
    return token;
  }

  /**
   * Gives the operator the shipped rights to its Lease in the test's namespace too, and has its
   * starts there checked against that Lease: the manifests say what to change.
   */
  void allowElectionIn(ControlPlane plane) {
    String namespace = plane.namespace();
    String uid = plane.admin().namespaces().withName(namespace).get().getMetadata().getUid();
    for (ValidatingAdmissionPolicyBinding shipped : termBindings(plane)) {
      apply(
          plane,
          new ValidatingAdmissionPolicyBindingBuilder(limited(shipped, namespace))
              .withNewMetadata()
              .withName(shipped.getMetadata().getName() + "-" + namespace)
              // It goes with the namespace.
              .addNewOwnerReference()
              .withApiVersion("v1")
              .withKind("Namespace")
              .withName(namespace)
              .withUid(uid)
              .endOwnerReference()
              .endMetadata()
              .build());
    }
    try {
      String shipped = Files.readString(MANIFESTS.resolve("leader-election.yaml"));
      // Those of metadata, not that of the subject.
      String here =
          shipped.replace("\n  namespace: " + NAMESPACE, "\n  namespace: " + plane.namespace());
      plane.apply(here);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Gives the operator what {@code operator/manifests} has for the webhook in the test's namespace
   * too, and configurations of the test's own, with the name of its namespace. What belongs to no
   * namespace goes with the test's.
   */
  void allowWebhookIn(ControlPlane plane) {
    Path manifests = LocalCluster.repository().resolve("operator/manifests");
    Namespace namespace = plane.admin().namespaces().withName(plane.namespace()).get();
    for (String file :
        List.of(
            "webhook.yaml",
            "by-url/mutatingwebhookconfiguration.yaml",
            "by-url/validatingwebhookconfiguration.yaml")) {
      try (InputStream yaml = Files.newInputStream(manifests.resolve(file))) {
        plane.admin().load(yaml).items().stream()
            .map(shipped -> forTest(shipped, namespace))
            .filter(mine -> plane.admin().resource(mine).get() == null)
            .forEach(mine -> plane.admin().resource(mine).create());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * An operator that watches all namespaces is asked about those of other tests too. Returns when
   * the API server asks it no more.
   */
  static void removeWebhooksOf(ControlPlane plane) {
    var registrations = plane.admin().admissionRegistration().v1();
    int removed =
        registrations.mutatingWebhookConfigurations().withName(plane.namespace()).delete().size()
            + registrations
                .validatingWebhookConfigurations()
                .withName(plane.namespace())
                .delete()
                .size();
    if (removed > 0) {
      Awaitility.await()
          .atMost(NOT_ASKED)
          .until(() -> PROBES.stream().allMatch(p -> isAccepted(plane, p)));
    }
  }

  private static boolean isAccepted(ControlPlane plane, String probe) {
    try {
      plane.admin().resource(probe).inNamespace("default").dryRun().create();
      return true;
    } catch (KubernetesClientException e) {
      return false; // it asks an operator that is gone
    }
  }

  private static HasMetadata forTest(HasMetadata shipped, Namespace test) {
    String name = test.getMetadata().getName();
    if (shipped.getMetadata().getNamespace() != null) {
      shipped.getMetadata().setNamespace(name);
      return shipped;
    }
    shipped.getMetadata().setName(name);
    shipped
        .getMetadata()
        .setOwnerReferences(
            List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Namespace")
                    .withName(name)
                    .withUid(test.getMetadata().getUid())
                    .build()));
    if (shipped instanceof ClusterRole role) {
      role.getRules().stream()
          .filter(rule -> !rule.getResourceNames().isEmpty())
          .forEach(rule -> rule.setResourceNames(List.of(name)));
    } else if (shipped instanceof ClusterRoleBinding binding) {
      binding.getRoleRef().setName(name);
    }
    return shipped;
  }

  private static List<ValidatingAdmissionPolicyBinding> termBindings(ControlPlane plane) {
    try (var shipped = Files.newInputStream(MANIFESTS.resolve("admission-policies.yaml"))) {
      return plane.admin().load(shipped).items().stream()
          .filter(ValidatingAdmissionPolicyBinding.class::isInstance)
          .map(ValidatingAdmissionPolicyBinding.class::cast)
          .filter(binding -> TERM_POLICY.equals(binding.getSpec().getPolicyName()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same for Jobs of that namespace only, and the Lease there. */
  private static ValidatingAdmissionPolicyBinding limited(
      ValidatingAdmissionPolicyBinding shipped, String namespace) {
    return new ValidatingAdmissionPolicyBindingBuilder(shipped)
        .editSpec()
        .editParamRef()
        .withNamespace(namespace)
        .endParamRef()
        .editMatchResources()
        .withNewNamespaceSelector()
        .addToMatchLabels("kubernetes.io/metadata.name", namespace)
        .endNamespaceSelector()
        .endMatchResources()
        .endSpec()
        .build();
  }

  private static void apply(ControlPlane plane, ValidatingAdmissionPolicyBinding binding) {
    plane.admin().resource(binding).createOr(NonDeletingOperation::update);
  }
}
