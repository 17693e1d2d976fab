package io.scanwarden.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** The table of rooms in docs/design.md. */
class ArchitectureTest {
  private static final String BASE = "io.scanwarden.operator";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(BASE);

  @Test
  void roomsDependDownwardsOnly() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("root")
        .definedBy(BASE)
        .layer("schedule")
        .definedBy(BASE + ".schedule..")
        .layer("pool")
        .definedBy(BASE + ".pool..")
        .layer("tenant")
        .definedBy(BASE + ".tenant..")
        .layer("webhook")
        .definedBy(BASE + ".webhook..")
        .layer("run")
        .definedBy(BASE + ".run..")
        .layer("leader")
        .definedBy(BASE + ".leader..")
        .layer("observe")
        .definedBy(BASE + ".observe..")
        .layer("time")
        .definedBy(BASE + ".time..")
        .whereLayer("root")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("schedule")
        .mayOnlyBeAccessedByLayers("root")
        .whereLayer("webhook")
        .mayOnlyBeAccessedByLayers("root")
        .whereLayer("pool")
        .mayOnlyBeAccessedByLayers("root", "schedule", "webhook")
        .whereLayer("tenant")
        .mayOnlyBeAccessedByLayers("root", "schedule", "pool", "webhook")
        .whereLayer("run")
        .mayOnlyBeAccessedByLayers("root", "schedule", "pool", "tenant", "webhook")
        .whereLayer("leader")
        .mayOnlyBeAccessedByLayers("root", "schedule", "pool", "tenant", "webhook")
        .whereLayer("observe")
        .mayOnlyBeAccessedByLayers("root", "schedule", "pool", "tenant", "webhook")
        .check(CLASSES);
  }

  @Test
  void timeKnowsNoKubernetes() {
    noClasses()
        .that()
        .resideInAPackage(BASE + ".time..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.fabric8..", "io.javaoperatorsdk..", "io.scanwarden.api..", "com.fasterxml..")
        .check(CLASSES);
  }

  @Test
  void onlyClocksReadTheTime() {
    noClasses()
        .that()
        // The fence and its watchdog go by the machine's own time, whatever a test clock says.
        .haveNameNotMatching(
            ".*\\.(time\\.(System|Test)WorkClock|leader\\.(LeaseFence|Leadership))(\\$.*)?")
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Clock.class, "systemDefaultZone")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Thread.class, "sleep", long.class)
        .orShould()
        .callMethod(Thread.class, "sleep", java.time.Duration.class)
        .check(CLASSES);
  }
}
