package dev.jlava.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The rules that hold the house together: which module may use which, and who may touch what.
final class ArchitectureTest {
  /// A module and its packages. A module uses those in front of it only.
  private record Module(String name, List<String> packages) {
    static Module of(String name, String... packages) {
      return new Module(name, Arrays.stream(packages).map(p -> "dev.jlava." + p + "..").toList());
    }

    String[] patterns() {
      return packages.toArray(String[]::new);
    }
  }

  private static final List<Module> MODULES =
      List.of(
          Module.of("recipes", "recipe"),
          Module.of("data", "data"),
          Module.of(
              "trainer",
              "engine",
              "adapter",
              "weights",
              "model",
              "checkpoint",
              "distributed",
              "hub",
              "train"),
          Module.of("eval", "generate", "eval"),
          Module.of("launch", "cli", "slurm", "serve"));

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .withImportOption(location -> !location.contains("/jlava-testing"))
          .withImportOption(location -> !location.contains("/testing/target/"))
          .importPackages("dev.jlava");

  @Test
  void modulesUseOnlyThoseInFrontOfThem() {
    LayeredArchitecture layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (Module module : MODULES) {
      layers = layers.optionalLayer(module.name()).definedBy(module.patterns());
    }
    for (int i = 0; i < MODULES.size(); i++) {
      String[] users =
          MODULES.subList(i + 1, MODULES.size()).stream().map(Module::name).toArray(String[]::new);
      layers =
          users.length == 0
              ? layers.whereLayer(MODULES.get(i).name()).mayNotBeAccessedByAnyLayer()
              : layers.whereLayer(MODULES.get(i).name()).mayOnlyBeAccessedByLayers(users);
    }
    layers.ensureAllClassesAreContainedInArchitecture().check(CLASSES);
  }

  @Test
  void packagesLieInTheirModule() {
    Set<String> seen = new TreeSet<>();
    for (Module module : MODULES) {
      for (JavaClass each : in(module)) {
        assertThat(each.getSource().orElseThrow().getUri().toString())
            .as("%s belongs into %s", each.getName(), module.name())
            .contains("/" + module.name() + "/target/");
        seen.add(each.getPackageName());
      }
    }
    assertThat(seen).hasSizeGreaterThanOrEqualTo(17).contains("dev.jlava.data.batch");
  }

  private static Set<JavaClass> in(Module module) {
    return CLASSES.stream()
        .filter(c ->
            module.packages().stream()
                .map(p -> p.substring(0, p.length() - 2))
                .anyMatch(
                    p -> c.getPackageName().equals(p) || c.getPackageName().startsWith(p + ".")))
        .collect(Collectors.toSet());
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.jlava.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  /// The tokenizers of Hugging Face are a DJL library of their own, without libtorch.
  @Test
  void onlyTheEngineKnowsDjl() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.jlava.engine", "dev.jlava.data.token")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.jlava.data.token")
        .should()
        .dependOnClassesThat(
            describe(
                "DJL but its tokenizers",
                c ->
                    c.getPackageName().startsWith("ai.djl")
                        && !c.getPackageName().startsWith("ai.djl.huggingface.tokenizers")))
        .check(CLASSES);
  }

  /// Weight files are mapped memory; calling into libraries is the engine's.
  @Test
  void onlyTheEngineCallsForeignFunctions() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.jlava.engine", "dev.jlava.weights..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign")
        .check(CLASSES);
    noClasses()
        .that()
        .resideInAPackage("dev.jlava.weights")
        .should()
        .dependOnClassesThat(foreignButMemory())
        .check(CLASSES);
  }

  private static DescribedPredicate<JavaClass> foreignButMemory() {
    return describe(
        "foreign functions",
        c ->
            c.getPackageName().equals("java.lang.foreign")
                && !Set.of("Arena", "MemorySegment").contains(c.getSimpleName())
                && !c.getName().startsWith("java.lang.foreign.ValueLayout"));
  }

  @Test
  void onlyTheCommandLineWritesToTheTerminal() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.jlava.cli..")
        .should(ACCESS_STANDARD_STREAMS)
        .check(CLASSES);
  }
}
