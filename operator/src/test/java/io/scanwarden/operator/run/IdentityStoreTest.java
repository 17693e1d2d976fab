package io.scanwarden.operator.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class IdentityStoreTest {
  private final IdentityStore<JobResource> store = new IdentityStore<>(JobResource::new);

  private static JobResource job(String uid, String version) {
    JobResource job = new JobResource();
    job.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(new String("ns"))
            .withName(new String("scan-1"))
            .withUid(uid)
            .withResourceVersion(version)
            .addToAnnotations(Marks.TERM, "1")
            .addNewOwnerReference()
            .withKind("ScanSchedule")
            .withUid("owner")
            .endOwnerReference()
            .build());
    job.setSpec(new JobResource.Spec(true, null, null));
    return job;
  }

  @Test
  void remembersWhichAndWhoseAndNothingElse() {
    JobResource job = job("u", "5");
    assertThat(store.put(store.getKey(job), job)).isNull();

    JobResource kept = store.get("ns/scan-1");
    assertThat(kept).isNotNull();
    assertThat(kept.getMetadata().getUid()).isEqualTo("u");
    assertThat(kept.getMetadata().getResourceVersion()).isEqualTo("5");
    assertThat(kept.getMetadata().getOwnerReferences()).hasSize(1);
    assertThat(kept.getMetadata().getAnnotations()).isEmpty();
    assertThat(kept.getSpec()).isNull();
    assertThat(store.isFullState()).as("additions can be read from it").isFalse();
  }

  @Test
  void aNewerVersionTakesThePlaceOfTheOlder() {
    store.put("ns/scan-1", job("u", "5"));
    JobResource before = store.put("ns/scan-1", job("u", "6"));
    JobResource kept = store.get("ns/scan-1");

    assertThat(before).isNotNull();
    assertThat(before.getMetadata().getResourceVersion()).isEqualTo("5");
    assertThat(kept).isNotNull();
    assertThat(kept.getMetadata().getResourceVersion()).isEqualTo("6");
    assertThat(kept.getMetadata().getName()).isSameAs(before.getMetadata().getName());

    JobResource another = store.put("ns/scan-1", job("another", "7"));
    assertThat(another).isSameAs(kept);
    assertThat(store.values().map(j -> j.getMetadata().getUid())).containsExactly("another");
    assertThat(store.remove("ns/scan-1")).isNotNull();
    assertThat(store.size()).isZero();
  }
}
